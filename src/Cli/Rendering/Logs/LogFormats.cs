using System;
using System.IO;
using System.Net.Sockets;
using Firn.Formats.Logging;

namespace Firn.Cli.Rendering.Logs;

/// <summary>Chooses how messages and activities are shown.</summary>
/// <remarks>Nix manual, command-ref/opt-common "--log-format"</remarks>
internal static class LogFormats
{
    /// <summary>The log for <c>--log-format</c>, <c>json-log-path</c> and the terminal.</summary>
    public static ActivityHub Create(CommandContext context)
    {
        ErrorStream error = new();
        Verbosity Level() => (Verbosity)context.Verbosity;
        bool logs = context.PrintBuildLogs;
        LogRenderer renderer = context.LogFormat switch
        {
            "raw" => Raw(logs: false),
            "raw-with-logs" => Raw(logs: true),
            "internal-json" => new JsonLogRenderer(error, prefix: true),
            "bar" => Bar(logs),
            "bar-with-logs" => Bar(logs: true),
            "multiline" => Tree(logs),
            "multiline-with-logs" => Tree(logs: true),
            null when context.PrefersTree => Tree(logs),
            _ => Raw(context.ShowBuildOutput),
        };
        return new ActivityHub(renderer, Copy, Level);

        bool Copy(out LogRenderer? copy)
        {
            copy = context.SettingsAreRead ? OpenCopy(context) : null;
            return context.SettingsAreRead;
        }

        LogRenderer Raw(bool logs) => new RawLog(error, Level, logs, Terminal.Colours, Environment.GetEnvironmentVariable("IN_SYSTEMD") == "1");

        // Sequences that move the cursor are for terminals; elsewhere the same lines come without what changes.
        LogRenderer Bar(bool logs) => Terminal.IsTerminal ? new BarLog(error, WindowSize.Read, Level, Terminal.Colours, logs) : new PlainBarLog(error, Level, logs);

        LogRenderer Tree(bool logs) => Terminal.IsTerminal
            ? new TreeLog(error, WindowSize.Read, Level, new TreeStyle(Terminal.Colours, Terminal.IsUnicode), logs)
            : new PlainBarLog(error, Level, logs);
    }

    /// <summary>The file or socket that takes a copy of the log; null without one, and where it cannot be opened.</summary>
    private static JsonLogRenderer? OpenCopy(CommandContext context)
    {
        string path = context.Settings.String("json-log-path");
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            return new JsonLogRenderer(new ErrorStream(Open(path)), prefix: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or SocketException)
        {
            // A log that nobody gets is no reason not to build.
            new ErrorStream().WriteLine($"warning: opening log file '{path}': {e.Message}");
            return null;
        }
    }

    private static Stream Open(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 1);
        }
        catch (IOException) when (File.Exists(path))
        {
            // A socket cannot be opened as a file.
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return new NetworkStream(socket, ownsSocket: true);
        }
    }
}
