using System;
using System.IO;

namespace Firn.Cli.Wiring;

/// <summary>Failures of the file system in the words that users of Nix know.</summary>
internal static class SystemErrors
{
    /// <summary>Opens a file for reading.</summary>
    /// <exception cref="CliException">It cannot be opened.</exception>
    public static FileStream OpenRead(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw NotFound("opening file", path);
        }
        catch (UnauthorizedAccessException)
        {
            throw new CliException(Directory.Exists(path) ? "read of 65536 bytes: Is a directory" : $"opening file \"{path}\": Permission denied");
        }
    }

    /// <summary>All of a file of text.</summary>
    /// <exception cref="CliException">It cannot be opened.</exception>
    public static string ReadText(string path)
    {
        using StreamReader reader = new(OpenRead(path));
        return reader.ReadToEnd();
    }

    public static CliException NotFound(string what, string path) => new($"{what} \"{path}\": No such file or directory");
}
