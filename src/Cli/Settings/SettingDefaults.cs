using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.Intrinsics.X86;
using Firn.Cli.Wiring;

namespace Firn.Cli.Settings;

/// <summary>The values of settings that nobody set. Some depend on the machine and the environment.</summary>
internal sealed class SettingDefaults(Func<string, string?> environment, string confDir)
{
    /// <summary>The folder of the system's <c>nix.conf</c>.</summary>
    public string ConfDir { get; } = confDir;

    public string Of(SettingDefinition setting) => setting.Name switch
    {
        "builders" => "@" + ConfDir + "/machines",
        "netrc-file" => ConfDir + "/netrc",
        "store" => environment("NIX_REMOTE") is { Length: > 0 } store ? store : setting.Default,
        "abort-on-warn" => environment("NIX_ABORT_ON_WARN") is "1" or "yes" or "true" ? "true" : setting.Default,
        "build-hook" => Environment.ProcessPath + " __build-remote",
        "build-users-group" => Environment.IsPrivilegedProcess ? "nixbld" : "",
        "ssl-cert-file" => Certificates(),
        "system-features" => HasVirtualMachines ? "benchmark big-parallel kvm nixos-test uid-range" : "benchmark big-parallel nixos-test uid-range",
        "extra-platforms" => Platforms(),
        _ => setting.Default,
    };

    /// <summary>Whether this process, and so its builds, may use the virtual machines of the processor.</summary>
    public static bool HasVirtualMachines => UserAccess.MayReadAndWrite("/dev/kvm");

    /// <summary>Whether the value that nobody set differs from machine to machine.</summary>
    public static bool DependsOnMachine(SettingDefinition setting) =>
        setting.Name is "build-users-group" or "builders" or "extra-platforms" or "nix-path" or "ssl-cert-file" or "system-features";

    private string Certificates()
    {
        foreach (string variable in (ReadOnlySpan<string>)["NIX_SSL_CERT_FILE", "SSL_CERT_FILE"])
        {
            if (environment(variable) is { Length: > 0 } given)
            {
                return given;
            }
        }

        foreach (string usual in (ReadOnlySpan<string>)["/etc/ssl/certs/ca-certificates.crt", "/nix/var/nix/profiles/default/etc/ssl/certs/ca-bundle.crt"])
        {
            if (File.Exists(usual))
            {
                return usual;
            }
        }

        return "";
    }

    /// <summary>Older processors whose programs run on this one.</summary>
    /// <remarks>The levels of the x86-64 psABI. The processor itself is asked: what this program was compiled for may be less.</remarks>
    private static string Platforms()
    {
        List<string> platforms = ["i686-linux", "x86_64-v1-linux"];
        if (!X86Base.IsSupported)
        {
            return string.Join(' ', platforms);
        }

        (_, _, int basic, _) = X86Base.CpuId(1, 0);
        (_, int extended, _, _) = X86Base.CpuId(7, 0);
        (_, _, int later, _) = X86Base.CpuId(unchecked((int)0x80000001), 0);
        if (Has(basic, 20, 23))
        {
            platforms.Add("x86_64-v2-linux");
            if (Has(basic, 12, 22, 28, 29) && Has(extended, 3, 5, 8) && Has(later, 5))
            {
                platforms.Add("x86_64-v3-linux");
                if (Has(extended, 16, 17, 28, 30, 31))
                {
                    platforms.Add("x86_64-v4-linux");
                }
            }
        }

        return string.Join(' ', platforms);

        static bool Has(int flags, params ReadOnlySpan<int> bits)
        {
            foreach (int bit in bits)
            {
                if ((flags & (1 << bit)) == 0)
                {
                    return false;
                }
            }

            return true;
        }
    }
}
