using System;
using System.ComponentModel;
using System.IO;

namespace Firn.Cli.Rendering;

/// <summary>
/// What the machine refused, in the words of C. The runtime's own texts are left out of the program (docs/decisions):
/// where it has one, there is a key instead, and maybe a path behind a comma.
/// </summary>
internal static class SystemFailure
{
    /// <summary>One line for any exception.</summary>
    public static string Describe(Exception error) => error switch
    {
        TypeInitializationException { InnerException: Exception inner } => Describe(inner),
        // A thread that cannot be started counts as memory that is missing.
        OutOfMemoryException => "out of memory, or of the processes that a user may have",
        FileNotFoundException { FileName: null } when !HasWorkingDirectory => "cannot get cwd: No such file or directory",
        FileNotFoundException or DirectoryNotFoundException => About(error, "No such file or directory"),
        PathTooLongException => About(error, "File name too long"),
        // The stream that has no path tells the reason inside.
        UnauthorizedAccessException { InnerException: IOException inner } when !HasPath(error) => inner.Message,
        UnauthorizedAccessException => About(error, "Permission denied"),
        IOException or Win32Exception => error.Message,
        // A fault of ours: say so in one line, with the kind, so that it can be reported.
        _ => $"internal error: {error.GetType().Name}: {error.Message}",
    };

    private static bool HasWorkingDirectory
    {
        get
        {
            try
            {
                _ = Directory.GetCurrentDirectory();
                return true;
            }
            catch (FileNotFoundException)
            {
                return false;
            }
        }
    }

    private static bool HasPath(Exception error) => error.Message.Contains(", /", StringComparison.Ordinal);

    private static string About(Exception error, string reason)
    {
        string message = error.Message;
        if (message.Contains(' ') && !message.Contains(", ", StringComparison.Ordinal))
        {
            return message;
        }

        int path = message.IndexOf(", ", StringComparison.Ordinal);
        return path < 0 ? reason : $"\"{message[(path + 2)..]}\": {reason}";
    }
}
