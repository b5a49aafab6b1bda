using System;
using Firn.Cli.Settings;

namespace Firn.Cli.Rendering;

/// <summary>Says which version this is and, with <c>-v</c>, how it is set up.</summary>
internal static class VersionPrinter
{
    public static void Print(CommandContext context, string name)
    {
        context.WriteLine($"{name} (Nix) {Program.NixVersion}");
        if (context.Verbosity <= LogLevel.Info)
        {
            return;
        }

        NixSettings settings = context.Settings;
        context.WriteLine($"System type: {settings.String("system")}");
        context.WriteLine($"Additional system types: {string.Join(", ", settings.List("extra-platforms"))}");
        context.WriteLine("Features: gc, signed-caches");
        context.WriteLine($"System configuration file: \"{settings.ConfDir}/nix.conf\"");
        context.WriteLine($"User configuration files: {string.Join(':', System.Linq.Enumerable.Reverse(NixSettings.UserFiles(Environment.GetEnvironmentVariable)))}");
        Firn.Store.Local.LocalStoreOptions options = Wiring.StoreOpening.Options(context, settings.String("store"));
        context.WriteLine($"Store directory: {options.StoreDir.Path}");
        context.WriteLine($"State directory: \"{options.StateDir}\"");
    }
}
