using System;
using Firn.Build.History;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Names of what is built, as the lines of logs begin.</summary>
internal static class LogLabel
{
    /// <summary>What stands before a line of a build's log.</summary>
    /// <param name="subject">The derivation.</param>
    public static string Of(string subject, ResultType type) =>
        (subject.Length == 0 ? "unnamed" : PackageName.WithoutVersion(Name(subject))) + (type == ResultType.PostBuildLogLine ? " (post)> " : "> ");

    /// <summary>The name of a store path, without the extension of derivations.</summary>
    public static string Name(string path)
    {
        string file = path[(path.LastIndexOf('/') + 1)..];
        int dash = file.IndexOf('-', StringComparison.Ordinal);
        string name = dash < 0 ? file : file[(dash + 1)..];
        return name.EndsWith(".drv", StringComparison.Ordinal) ? name[..^4] : name;
    }
}
