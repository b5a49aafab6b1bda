using System.IO;

namespace Firn.Cli.Commands;

/// <summary>Files that hold a NAR.</summary>
internal static class NarFile
{
    private const int BufferSize = 128 * 1024;

    /// <exception cref="CliException">It cannot be opened.</exception>
    public static Stream Open(string path)
    {
        try
        {
            return new BufferedStream(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 0), BufferSize);
        }
        catch (FileNotFoundException)
        {
            throw Failed("No such file or directory");
        }
        catch (DirectoryNotFoundException)
        {
            throw Failed("No such file or directory");
        }
        catch (System.UnauthorizedAccessException)
        {
            throw Failed(Directory.Exists(path) ? "Is a directory" : "Permission denied");
        }

        CliException Failed(string reason) => new($"opening NAR file \"{path}\": {reason}");
    }
}
