using System.IO;

namespace Firn.Fetchers.Fetching;

/// <summary>Copies a tree of a store to where its owner may change it.</summary>
internal static class WritableCopy
{
    private const UnixFileMode Ordinary = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Executable = Ordinary | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public static void Make(string from, string to)
    {
        FileInfo source = new(from);
        if (source.LinkTarget is { } target)
        {
            File.CreateSymbolicLink(to, target);
        }
        else if (source.Exists)
        {
            File.WriteAllBytes(to, File.ReadAllBytes(from));
            File.SetUnixFileMode(to, source.UnixFileMode.HasFlag(UnixFileMode.UserExecute) ? Executable : Ordinary);
        }
        else
        {
            Directory.CreateDirectory(to);
            foreach (string entry in Directory.EnumerateFileSystemEntries(from))
            {
                Make(entry, Path.Combine(to, Path.GetFileName(entry)));
            }
        }
    }
}
