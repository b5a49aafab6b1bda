using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Build.Hooks;
using Firn.Cli.Settings;
using Firn.Formats.Logging;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Remote.Hooks;
using Firn.Store.Remote.Machines;

namespace Firn.Cli.Wiring;

/// <summary>Builds on other machines: the program that distributes them (<c>build-hook</c>), and the machines that it knows (<c>builders</c>).</summary>
/// <remarks>docs/remote-building.md</remarks>
internal static class HookWiring
{
    /// <summary>What opens the program for builds in a store; null where there is none, or our own would have no machine to ask.</summary>
    public static Func<IBuildHook>? Of(CommandContext context, IStore store)
    {
        string[] words = context.Settings.List("build-hook");
        if (words.Length == 0 || (!context.Settings.IsSet("build-hook") && HasNoMachines(context)))
        {
            return null;
        }

        return () => new HookProgram(new HookProgramOptions
        {
            Words = words,
            StoreDir = store.StoreDir,
            Settings = () => SettingsFor(context.Settings, store),
            Verbosity = (Verbosity)context.Verbosity,
        });
    }

    /// <summary>The machines that the settings name.</summary>
    /// <exception cref="StoreException">An entry is malformed.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static IReadOnlyList<Machine> Machines(NixSettings settings) =>
        MachinesText.Parse(settings.String("builders"), settings.String("system"), static file => File.Exists(file) ? File.ReadAllText(file) : null);

    private static bool HasNoMachines(CommandContext context)
    {
        try
        {
            return Machines(context.Settings).Count == 0;
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            // Whoever builds nothing need not hear of it; the program says it once it is asked.
            return false;
        }
    }

    /// <summary>What the program is told: what differs from the defaults, and the store.</summary>
    private static IEnumerable<KeyValuePair<string, string>> SettingsFor(NixSettings settings, IStore store)
    {
        foreach (SettingDefinition setting in SettingTable.All)
        {
            string value = settings.String(setting.Name);
            if (setting.Name != "store" && settings.IsEnabled(setting) && (settings.IsSet(setting.Name) || value != settings.DefaultOf(setting)))
            {
                yield return new KeyValuePair<string, string>(setting.Name, value);
            }
        }

        yield return new KeyValuePair<string, string>("store", Url(store));
    }

    /// <summary>Names a store so that another program, which starts elsewhere, opens the same.</summary>
    private static string Url(IStore store)
    {
        if (store is not LocalStore { Options: LocalStoreOptions options })
        {
            return store.Reference.Render(withParameters: true);
        }

        SortedDictionary<string, string> parameters = new(options.Reference.Parameters.Where(p => p.Key != "root").ToDictionary(), StringComparer.Ordinal)
        {
            ["store"] = options.StoreDir.Path,
            ["real"] = options.RealStoreDir,
            ["state"] = options.StateDir,
            ["log"] = options.LogDir,
        };
        string url = new StoreReference { Scheme = "local", Parameters = parameters }.Render(withParameters: true);
        return string.Concat("local", url.AsSpan("local://".Length));
    }
}
