using System;
using System.IO;

namespace Firn.Fetchers;

/// <summary>What the system refuses, in the words of C. The runtime's own texts are left out of the program: it gives keys in their place.</summary>
public static class FileFailure
{
    /// <summary>The reason alone, without the file.</summary>
    public static string Reason(Exception failure) => failure switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        PathTooLongException => "File name too long",
        UnauthorizedAccessException { InnerException: IOException inner } => Reason(inner),
        UnauthorizedAccessException => "Permission denied",
        // The file stands behind the reason.
        _ when failure.Message.IndexOf(" : '", StringComparison.Ordinal) is > 0 and int end => failure.Message[..end],
        _ => failure.Message,
    };
}
