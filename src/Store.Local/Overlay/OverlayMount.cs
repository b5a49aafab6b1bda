using System;
using System.Globalization;
using System.IO;
using System.Text;

namespace Firn.Store.Local.Overlay;

/// <summary>Whether a directory is an overlay file system of the layers that it should be of.</summary>
public static class OverlayMount
{
    /// <param name="mounts">The text of <c>/proc/self/mounts</c>.</param>
    /// <param name="directory">Where the file system has to be; what is mounted there last counts.</param>
    public static bool IsOf(string mounts, string directory, string lower, string upper)
    {
        string[] options = [];
        foreach (string line in mounts.Split('\n'))
        {
            string[] fields = line.Split(' ');
            if (fields.Length >= 4 && Unescape(fields[1]) == directory) options = fields[2] == "overlay" ? fields[3].Split(',') : [];
        }
        return Array.Exists(options, option => Unescape(option) == "lowerdir=" + lower) && Array.Exists(options, option => Unescape(option) == "upperdir=" + upper);
    }

    /// <exception cref="StoreException">It is not.</exception>
    public static void Require(LocalStoreOptions options, LowerLayer layer)
    {
        string mounts = File.ReadAllText("/proc/self/mounts");
        if (IsOf(mounts, options.RealStoreDir, layer.LowerDirectory, layer.UpperDirectory)) return;
        options.Log.Write(StoreLogLevel.Debug, "expected lowerdir: " + Posix.Files.Quote(layer.LowerDirectory));
        options.Log.Write(StoreLogLevel.Debug, "expected upperdir: " + Posix.Files.Quote(layer.UpperDirectory));
        throw new StoreException("overlay filesystem " + Posix.Files.Quote(options.RealStoreDir) + " mounted incorrectly");
    }

    // Blanks and the like stand there as a backslash and three octal digits.
    private static string Unescape(string text)
    {
        if (!text.Contains('\\')) return text;
        var result = new StringBuilder();
        for (int i = 0; i < text.Length; i++)
        {
            bool escaped = text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0;
            result.Append(escaped ? (char)Convert.ToInt32(text.Substring(i + 1, 3), 8) : text[i]);
            if (escaped) i += 3;
        }
        return result.ToString();
    }
}
