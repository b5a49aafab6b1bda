using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace Firn.Fetchers.Archives;

/// <summary>
/// Unpacks tar archives into a new directory. Nothing is written outside of it: an entry with <c>..</c> in its name, or
/// below a symbolic link that an archive made, is refused. Modes lose setuid, setgid and what umask 022 takes.
/// </summary>
/// <param name="directory">Must exist, be empty, and be out of others' reach. Several archives may go into it.</param>
public sealed partial class TarExtractor(string directory)
{
    private readonly Dictionary<string, TarKind> _made = new(StringComparer.Ordinal);

    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Unpacks an archive.</summary>
    /// <param name="tar">The archive, not compressed.</param>
    /// <returns>The latest time of modification among the entries, seconds since 1970.</returns>
    /// <exception cref="FetchException">The archive is damaged or wants to escape.</exception>
    public long Extract(Stream tar)
    {
        TarReader reader = new(tar);
        List<(string Path, int Mode)> directories = [];
        long latest = 0;
        while (reader.Next() is { } entry)
        {
            string? name = Normalise(entry.Name);
            if (name is null)
            {
                continue;
            }

            latest = Math.Max(latest, entry.ModifiedSeconds);
            MakeParents(name);
            string path = Path.Combine(directory, name);
            if (_made.TryGetValue(name, out TarKind before))
            {
                if (before == TarKind.Directory)
                {
                    if (entry.Kind == TarKind.Directory)
                    {
                        directories.Add((path, entry.Mode));
                        continue;
                    }

                    throw new FetchException($"tar archive has '{name}' both as a directory and as something else");
                }

                // As tar does: the later entry replaces the earlier.
                File.Delete(path);
            }

            switch (entry.Kind)
            {
                case TarKind.Directory:
                    Directory.CreateDirectory(path);
                    directories.Add((path, entry.Mode));
                    break;
                case TarKind.Regular:
                    WriteFile(reader.Contents, path, entry.Mode);
                    break;
                case TarKind.Symlink:
                    File.CreateSymbolicLink(path, Decode(entry.LinkName));
                    break;
                case TarKind.HardLink:
                    string? target = Normalise(entry.LinkName);
                    if (target is null || !_made.TryGetValue(target, out TarKind kind) || kind is not (TarKind.Regular or TarKind.HardLink))
                    {
                        throw new FetchException($"tar archive has a hard link '{name}' to '{Encoding.UTF8.GetString(entry.LinkName)}', which is not a file before it");
                    }

                    if (link(Path.Combine(directory, target), path) != 0)
                    {
                        throw new FetchException($"cannot link '{path}': {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
                    }

                    break;
                default:
                    throw new FetchException($"tar archive has an entry '{name}' of a kind that cannot be unpacked");
            }

            _made[name] = entry.Kind;
        }

        // Last, since one without write permission could not be filled.
        foreach ((string path, int mode) in directories)
        {
            File.SetUnixFileMode(path, Mode(mode) | UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        return latest;
    }

    private static void WriteFile(Stream contents, string path, int mode)
    {
        UnixFileMode wanted = Mode(mode) | UnixFileMode.UserRead | UnixFileMode.UserWrite;
        FileStreamOptions options = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = wanted,
            PreallocationSize = 0,
            BufferSize = 0,
        };
        using FileStream file = new(path, options);
        contents.CopyTo(file, 1 << 16);
    }

    /// <summary>The path without <c>.</c> and slashes at its ends; null for the top directory itself.</summary>
    private static string? Normalise(byte[] name)
    {
        List<string> parts = [];
        foreach (string part in Decode(name).Split('/'))
        {
            if (part == "..")
            {
                throw new FetchException($"tar archive has an entry '{Encoding.UTF8.GetString(name)}' that leads outside");
            }

            if (part.Length > 0 && part != ".")
            {
                parts.Add(part);
            }
        }

        return parts.Count == 0 ? null : string.Join('/', parts);
    }

    private void MakeParents(string name)
    {
        for (int slash = name.IndexOf('/'); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            string parent = name[..slash];
            if (!_made.TryGetValue(parent, out TarKind kind))
            {
                Directory.CreateDirectory(Path.Combine(directory, parent));
                _made[parent] = TarKind.Directory;
            }
            else if (kind != TarKind.Directory)
            {
                throw new FetchException($"tar archive has an entry '{name}' below '{parent}', which is not a directory");
            }
        }
    }

    private static string Decode(byte[] name)
    {
        try
        {
            string text = s_strict.GetString(name);
            return text.Contains('\0', StringComparison.Ordinal) ? throw new FetchException("tar archive has a name with a NUL in it") : text;
        }
        catch (DecoderFallbackException e)
        {
            throw new FetchException($"tar archive has a name that is not UTF-8: '{Encoding.Latin1.GetString(name)}'", e);
        }
    }

    private static UnixFileMode Mode(int mode) => (UnixFileMode)(mode & 0x1ed); // 0755

    [LibraryImport("libc.so.6", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string from, string to);
}
