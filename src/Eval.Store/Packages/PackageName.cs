using System;
using System.Text;
using Firn.Eval.Builtins.Versions;

namespace Firn.Eval.Store.Packages;

/// <summary>The name of a derivation, taken apart: <c>apache-httpd-2.0.48</c> is <c>apache-httpd</c> in version <c>2.0.48</c>.</summary>
/// <param name="Full">Name and version as they were given.</param>
/// <param name="Version">Empty where there is none.</param>
/// <remarks>Nix manual, command-ref/nix-env "Selectors"</remarks>
public readonly record struct PackageName(string Full, string Name, string Version)
{
    /// <summary>Takes a name apart at the first dash that no letter follows.</summary>
    public static PackageName Parse(string full)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(full);
        int dash = PackageVersion.FindVersion(bytes);
        return dash < 0
            ? new PackageName(full, full, "")
            : new PackageName(full, Encoding.UTF8.GetString(bytes.AsSpan(0, dash)), Encoding.UTF8.GetString(bytes.AsSpan(dash + 1)));
    }

    /// <summary>-1, 0 or 1 as the first version is older than, equal to or newer than the second.</summary>
    public static int CompareVersions(string first, string second) =>
        PackageVersion.Compare(Encoding.UTF8.GetBytes(first), Encoding.UTF8.GetBytes(second));
}
