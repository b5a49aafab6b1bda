using System.IO;
using Firn.Fetchers.Archives;

namespace Firn.Build.Builtins;

/// <summary><c>builtin:unpack-channel</c>: unpacks the archive <c>src</c>, which holds one entry, as <c>channelName</c> in the output.</summary>
internal static class UnpackChannel
{
    public static void Build(BuiltinContext context)
    {
        string name = context.Variable("channelName"), source = context.Variable("src");
        if (name.Contains('/') || name is "" or "." or "..")
        {
            throw new BuiltinException($"channelName is not allowed to contain filesystem separators, got \"{name}\"");
        }

        // Beside what becomes visible, so that an entry cannot be in the way of the name.
        string scratch = context.Out + ".unpacked";
        Directory.CreateDirectory(scratch);
        using (FileStream archive = File.OpenRead(context.Real(source)))
        {
            Archive.Unpack(archive, scratch);
        }

        FileSystemInfo[] entries = new DirectoryInfo(scratch).GetFileSystemInfos();
        if (entries.Length != 1)
        {
            throw new BuiltinException($"channel tarball '{source}' {(entries.Length == 0 ? "is empty" : "contains more than one file")}");
        }

        Directory.CreateDirectory(context.Out);
        string target = Path.Combine(context.Out, name);
        if (entries[0] is DirectoryInfo { LinkTarget: null })
        {
            Directory.Move(entries[0].FullName, target);
        }
        else
        {
            File.Move(entries[0].FullName, target);
        }

        Directory.Delete(scratch);
    }
}
