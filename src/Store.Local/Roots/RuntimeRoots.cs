using System;
using System.Buffers;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Roots;

/// <summary>What running processes use of the store: programs, working directories, open and mapped files, environments.</summary>
/// <remarks>Nothing but bytes that lie in a buffer already is looked at twice: nearly all that processes name is not in the store.</remarks>
internal sealed class RuntimeRoots
{
    private readonly Dictionary<string, SortedSet<string>> _roots = new(StringComparer.Ordinal);
    private readonly byte[] _prefix;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);

    private RuntimeRoots(StoreDir storeDir) => _prefix = Files.Bytes(storeDir.Path + "/");

    /// <summary>Paths that begin with the store directory, and the files of /proc that mention each. None need be valid.</summary>
    internal static Dictionary<string, SortedSet<string>> Find(StoreDir storeDir)
    {
        var finder = new RuntimeRoots(storeDir);
        finder.Processes();
        foreach (string file in (ReadOnlySpan<string>)["/proc/sys/kernel/modprobe", "/proc/sys/kernel/fbsplash", "/proc/sys/kernel/poweroff_cmd"])
            finder.Add(finder.Read(Files.WorkingDirectory, Files.Bytes(file)).TrimEnd((byte)'\n'), file);
        ArrayPool<byte>.Shared.Return(finder._buffer);
        return finder._roots;
    }

    /// <summary>As <see cref="Find"/>, told by a process with the rights to see all others (setting <c>use-roots-daemon</c>).</summary>
    /// <exception cref="StoreException">It does not answer.</exception>
    /// <remarks>Nix manual, command-ref/new-cli/nix3-store-roots-daemon</remarks>
    internal static IEnumerable<string> Ask(string socketPath)
    {
        var answer = new List<byte>();
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            string name = UnixSocketPath.Shorten(socketPath, out Descriptor? directory);
            using (directory) socket.Connect(new UnixDomainSocketEndPoint(name));
            byte[] piece = new byte[16 * 1024];
            for (int n; (n = socket.Receive(piece)) > 0;) answer.AddRange(piece.AsSpan(0, n));
        }
        catch (SocketException e)
        {
            // The error number of a missing file does not come through.
            string reason = Files.Exists(socketPath) ? PosixException.Text(e.NativeErrorCode) : PosixException.Text(Libc.ENOENT);
            throw new StoreException("cannot connect to socket at '" + socketPath + "': " + reason);
        }
        var paths = new List<string>();
        byte[] all = [.. answer];
        int start = 0;
        for (int end; (end = Array.IndexOf(all, (byte)0, start)) > start; start = end + 1) paths.Add(Files.Text(all.AsSpan(start, end - start)));
        return paths;
    }

    private void Processes()
    {
        int proc = Files.TryOpen(Files.WorkingDirectory, "/proc"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (proc < 0) return;
        using var owner = new Descriptor(proc);
        foreach (Files.Entry entry in Files.List(proc, "/proc"))
        {
            if (!int.TryParse(entry.Name, NumberStyles.None, CultureInfo.InvariantCulture, out _)) continue;
            int opened = Files.TryOpen(proc, entry.Name, Libc.O_RDONLY | Libc.O_DIRECTORY);
            if (opened < 0) continue;
            using var process = new Descriptor(opened);
            Process(opened, "/proc/" + Files.Text(entry.Name));
        }
    }

    // A process may end, or be somebody else's, at any point: what cannot be read is no root.
    private void Process(int process, string path)
    {
        // Threads of the kernel, and processes that have ended, have no program, and use nothing.
        if (!Link(process, "exe"u8, path + "/exe", out int error) && error == Libc.ENOENT) return;
        Link(process, "cwd"u8, path + "/cwd", out _);
        int opened = Files.TryOpen(process, "fd"u8, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (opened < 0) return;
        using (var descriptors = new Descriptor(opened))
        {
            var entries = new List<Files.Entry>();
            Files.TryList(opened, entries);
            foreach (Files.Entry entry in entries)
            {
                int length = Files.ReadLink(opened, entry.Name, _buffer, out _);
                if (length > 0 && InStore(_buffer.AsSpan(0, length))) Add(_buffer.AsSpan(0, length), path + "/fd/" + Files.Text(entry.Name));
            }
        }

        ReadOnlySpan<byte> maps = Read(process, "maps"u8);
        for (int at; (at = maps.IndexOf(_prefix)) >= 0;)
        {
            // The file's name is all that follows the first slash of a line.
            ReadOnlySpan<byte> line = maps[(maps[..at].LastIndexOf((byte)'\n') + 1)..];
            int end = line.IndexOf((byte)'\n');
            maps = end < 0 ? default : line[(end + 1)..];
            if (end >= 0) line = line[..end];
            Add(line[line.IndexOf((byte)'/')..].TrimEnd((byte)' '), path + "/maps");
        }
        AddPathsIn(Read(process, "environ"u8), path + "/environ");
    }

    /// <summary>All of a file, until the next call; nothing where it cannot be read.</summary>
    private ReadOnlySpan<byte> Read(int directory, ReadOnlySpan<byte> name)
    {
        int opened = Files.TryOpen(directory, name, Libc.O_RDONLY);
        if (opened < 0) return default;
        using var file = new Descriptor(opened);
        int length = 0;
        while (true)
        {
            if (length == _buffer.Length)
            {
                byte[] larger = ArrayPool<byte>.Shared.Rent(2 * _buffer.Length);
                _buffer.CopyTo(larger, 0);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }
            int n = Files.TryRead(opened, _buffer.AsSpan(length));
            if (n is -Libc.ESRCH or -Libc.EACCES or -Libc.ENOENT or -Libc.EPERM) return default;
            if (n < 0) throw new PosixException(-n, "reading from file " + Files.Quote(Files.Text(name)));
            if (n == 0) return _buffer.AsSpan(0, length);
            length += n;
        }
    }

    private bool Link(int directory, ReadOnlySpan<byte> name, string source, out int error)
    {
        int length = Files.ReadLink(directory, name, _buffer, out error);
        if (length >= 0) Add(_buffer.AsSpan(0, length), source);
        return length >= 0;
    }

    private bool InStore(ReadOnlySpan<byte> target) => target.Length > _prefix.Length && target.StartsWith(_prefix);

    private void Add(ReadOnlySpan<byte> target, string source)
    {
        if (!InStore(target)) return;
        string text = Encoding.UTF8.GetString(target);
        if (!_roots.TryGetValue(text, out SortedSet<string>? sources)) _roots.Add(text, sources = new SortedSet<string>(StringComparer.Ordinal));
        sources.Add(source);
    }

    private static readonly SearchValues<byte> s_nameBytes = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-._?="u8);

    /// <summary>Adds store paths inside of other text, such as a search path.</summary>
    private void AddPathsIn(ReadOnlySpan<byte> text, string source)
    {
        for (int at; (at = text.IndexOf(_prefix)) >= 0;)
        {
            text = text[at..];
            int length = text[_prefix.Length..].IndexOfAnyExcept(s_nameBytes);
            length = length < 0 ? text.Length : _prefix.Length + length;
            Add(text[..length], source);
            text = text[length..];
        }
    }
}
