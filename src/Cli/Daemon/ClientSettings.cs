using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Settings;
using Firn.Store;
using Firn.Store.Remote.Worker;

namespace Firn.Cli.Daemon;

/// <summary>Binds what a client asks for to the settings of its connection, as far as it is trusted.</summary>
/// <remarks>Nix manual, command-ref/conf-file (trusted-users, substituters)</remarks>
internal sealed class ClientSettings(CommandContext context, bool trusted, IStoreLog log)
{
    public void Apply(ClientOptions options)
    {
        context.Verbosity = options.Verbosity;
        context.ShowBuildOutput = options.ShowBuildOutput;
        Set("keep-failed", Text(options.KeepFailed));
        Set("keep-going", Text(options.KeepGoing));
        Set("fallback", Text(options.Fallback));
        Set("max-jobs", Text(options.MaxJobs));
        Set("max-silent-time", Text(options.MaxSilentTime));
        Set("cores", Text(options.Cores));
        Set("substitute", Text(options.Substitute));
        foreach ((string name, string value) in options.Settings)
        {
            try
            {
                Apply(name, value);
            }
            catch (CliException e)
            {
                log.Write(StoreLogLevel.Warning, e.Message);
            }
        }
    }

    private static string Text(bool value) => value ? "true" : "false";

    private static string Text(uint value) => value.ToString(CultureInfo.InvariantCulture);

    private void Set(string name, string value) => context.Settings.TrySet(name, value);

    private void Apply(string name, string value)
    {
        switch (context.Settings.Find(name)?.Name ?? name)
        {
            case "ssh-auth-sock":
                break;
            case "experimental-features":
                // What this daemon can do is not for clients to say.
                break;
            case "plugin-files":
                log.Write(StoreLogLevel.Warning, "Ignoring the client-specified plugin-files.\nThe client specifying plugins to the daemon never made sense, and was removed in Nix >=2.14.");
                break;
            case "timeout" or "max-silent-time" or "build-poll-interval" or "connect-timeout":
                Set(name, value);
                break;
            case "builders" when value.Length == 0:
                Set(name, value);
                break;
            case "substituters" when !trusted:
                Set(name, string.Join(' ', Known(value)));
                break;
            default:
                if (trusted)
                {
                    Set(name, value);
                }
                else
                {
                    log.Write(StoreLogLevel.Warning, $"ignoring the client-specified setting '{name}', because it is a restricted setting and you are not a trusted user");
                }

                break;
        }
    }

    private IEnumerable<string> Known(string value)
    {
        HashSet<string> known = new(context.Settings.List("trusted-substituters"), StringComparer.Ordinal);
        known.UnionWith(context.Settings.List("substituters"));
        foreach (string url in SettingText.Words(value))
        {
            if (known.Contains(url) || known.Contains(url + "/"))
            {
                yield return url;
            }
            else
            {
                log.Write(StoreLogLevel.Warning,
                    $"ignoring untrusted substituter '{url}', you are not a trusted user.\nRun `man nix.conf` for more information on the `substituters` configuration option.");
            }
        }
    }
}
