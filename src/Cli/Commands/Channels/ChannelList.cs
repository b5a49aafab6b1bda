using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Firn.Cli.Commands.Channels;

/// <summary>The channels that a user subscribes to: a file with a URL and a name on each line.</summary>
/// <param name="path">The file, such as <c>~/.nix-channels</c>.</param>
/// <remarks>Nix manual, command-ref/files/channels</remarks>
internal sealed class ChannelList(string path)
{
    /// <summary>URLs by name, in order of the names; none where there is no file.</summary>
    public SortedDictionary<string, string> Read()
    {
        SortedDictionary<string, string> channels = new(StringComparer.Ordinal);
        foreach (string line in Path.Exists(path) ? File.ReadAllLines(path) : [])
        {
            string[] words = line.TrimEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length > 0 && !words[0].TrimStart().StartsWith('#'))
            {
                string url = words[0].TrimEnd('/');
                channels[words.Length > 1 ? words[1] : NameOf(url)] = url;
            }
        }

        return channels;
    }

    /// <summary>Puts these in the place of what the file says, in one step; where a link leads to it, the link stays.</summary>
    public void Write(SortedDictionary<string, string> channels)
    {
        FileInfo file = new(path);
        string target = file.LinkTarget is null ? path : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
        StringBuilder text = new();
        foreach ((string name, string url) in channels)
        {
            text.Append(url).Append(' ').Append(name).Append('\n');
        }

        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        string temporary = target + ".tmp-" + Environment.ProcessId.ToString(System.Globalization.CultureInfo.InvariantCulture);
        using (FileStream stream = new(temporary, FileMode.Create))
        {
            stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, target, overwrite: true);
    }

    /// <summary>What is behind the last slash of a URL.</summary>
    public static string NameOf(string url)
    {
        string trimmed = url.TrimEnd('/');
        return trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }
}
