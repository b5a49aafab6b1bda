using System;
using Firn.Build;
using Firn.Build.Events;
using Firn.Formats.StorePaths;

namespace Firn.Cli.Rendering;

/// <summary>Shows what happens while building, on the standard error.</summary>
internal abstract class BuildRenderer : IBuildEvents
{
    /// <summary>The renderer that suits <c>--log-format</c> and the terminal.</summary>
    /// <exception cref="CliException">There is no such format.</exception>
    public static BuildRenderer Create(CommandContext context, StoreDir dir) => context.LogFormat switch
    {
        null or "raw" or "raw-with-logs" => new PlainRenderer(context, dir, showLogs: context.ShowBuildOutput, names: false),
        "bar" or "bar-with-logs" or "multiline" or "multiline-with-logs" => Bar(context, dir, context.PrintBuildLogs || context.LogFormat.EndsWith("-with-logs", StringComparison.Ordinal)),
        "internal-json" => new JsonRenderer(dir),
        string other => throw new CliException($"option '--log-format' has an invalid value '{other}'"),
    };

    // Escape sequences are for terminals; elsewhere the same lines come without a bar.
    private static BuildRenderer Bar(CommandContext context, StoreDir dir, bool logs) =>
        Terminal.IsTerminal ? new BarRenderer(context, dir, logs) : new PlainRenderer(context, dir, logs, names: true);

    /// <inheritdoc />
    public abstract void Post(BuildEvent happened);

    /// <summary>What is being done to a derivation.</summary>
    protected static string Describe(BuildEvent.Started started, StoreDir dir) => started.Mode switch
    {
        BuildMode.Check => $"checking outputs of '{dir.Print(started.Derivation)}'...",
        BuildMode.Repair => $"repairing outputs of '{dir.Print(started.Derivation)}'...",
        BuildMode.Normal => $"building '{dir.Print(started.Derivation)}'...",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>What a derivation is built as.</summary>
    protected static string Describe(BuildEvent.Resolved resolved, StoreDir dir) =>
        $"resolved derivation: '{dir.Print(resolved.Derivation)}' -> '{dir.Print(resolved.As)}'";

    /// <summary>Which path is taken from where.</summary>
    protected static string Describe(BuildEvent.SubstitutionStarted copy, StoreDir dir) => $"copying path '{dir.Print(copy.Path)}' from '{copy.Url}'...";

    /// <summary>Called when nothing builds any more: takes away what is not to stay on the screen.</summary>
    public abstract void Finish();
}
