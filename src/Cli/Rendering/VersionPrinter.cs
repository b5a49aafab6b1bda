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
        context.WriteLine($"User configuration files: {string.Join(':', NixSettings.UserFiles(Environment.GetEnvironmentVariable))}");
        context.WriteLine($"Store directory: {Variable("NIX_STORE_DIR") ?? Variable("NIX_STORE") ?? "/nix/store"}");
        context.WriteLine($"State directory: \"{Variable("NIX_STATE_DIR") ?? "/nix/var/nix"}\"");
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
