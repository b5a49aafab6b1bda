using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Io;
using Firn.Eval.Store.Corepkgs;
using Firn.Formats;
using Firn.Formats.StorePaths;

namespace Firn.Eval.Store.Files;

/// <summary>
/// The files that an evaluation sees: those of the machine, and store objects at their logical paths wherever the store
/// really is. Texts that are still to be written are written before one of them is read.
/// </summary>
public sealed class StoreFiles : IEvalIo
{
    private const int MaxLinks = 1024;

    // No file of a machine is called so.
    private static readonly byte[] s_core = Encoding.UTF8.GetBytes("/«nix-internal»/");

    private readonly EvalStoreOptions _options;
    private readonly PendingTexts _texts;
    private readonly IEvalIo _machine;
    private readonly byte[] _logical;
    private readonly byte[]? _real;

    internal StoreFiles(EvalStoreOptions options, PendingTexts texts, IEvalIo machine)
    {
        _options = options;
        _texts = texts;
        _machine = machine;
        _logical = Encoding.UTF8.GetBytes(options.StoreDir.Path + "/");
        string real = options.RealPaths.RealStoreDir + "/";
        _real = real == options.StoreDir.Path + "/" ? null : Encoding.UTF8.GetBytes(real);
    }

    /// <summary>The folder of the files behind <c>&lt;nix/…&gt;</c>, which is on no disk.</summary>
    public static byte[] CoreFolder => s_core[..^1];

    /// <inheritdoc/>
    public byte[] ReadFile(byte[] path) => CoreFile(path) ?? _machine.ReadFile(Real(Checked(path, true)));

    /// <inheritdoc/>
    public FileType? Lstat(byte[] path) => CoreFile(path) is not null ? FileType.Regular : _machine.Lstat(Real(Checked(path, false)));

    /// <summary>As of the machine; not told where access is restricted, since what may be seen grows.</summary>
    public FileStamp? Stamp(byte[] path) => _options.Access is null && CoreFile(path) is null ? _machine.Stamp(Real(path)) : null;

    /// <inheritdoc/>
    public IReadOnlyList<DirectoryEntry> ReadDirectory(byte[] path)
    {
        IReadOnlyList<DirectoryEntry> entries = _machine.ReadDirectory(Real(Checked(path, true)));
        return _options.Access is { } access ? access.Visible(Resolve(Encoding.UTF8.GetString(path)), entries) : entries;
    }

    /// <inheritdoc/>
    public byte[] ReadLink(byte[] path) => _machine.ReadLink(Real(Checked(path, false)));

    /// <inheritdoc/>
    public byte[]? GetEnvironment(byte[] name) => _machine.GetEnvironment(name);

    /// <inheritdoc/>
    public void WriteMessage(byte[] text) => _machine.WriteMessage(text);

    /// <summary>Allows a path of the search path to a restricted evaluation: with where its links lead, and a store object with its closure.</summary>
    /// <exception cref="EvalError">Links lead in a circle, or the store cannot be read.</exception>
    public void Allow(string path)
    {
        if (_options.Access is not { } access)
        {
            return;
        }

        string resolved = Resolve(path, true, p => _machine.Lstat(Real(p)), p => _machine.ReadLink(Real(p)), null);
        access.Allow(path);
        access.Allow(resolved);
        if (!_options.StoreDir.Contains(resolved))
        {
            return;
        }

        try
        {
            foreach (StorePath reached in Firn.Store.StoreQueries.Closure(_options.Infos, [_options.StoreDir.Split(resolved).Path]))
            {
                access.Allow(_options.StoreDir.Print(reached));
            }
        }
        catch (Firn.Store.InvalidPathException)
        {
            // No store object, only a file in its folder; the path itself is allowed.
        }
        catch (Exception e) when (StoreErrors.IsError(e))
        {
            throw StoreErrors.Wrap(e);
        }
    }

    /// <summary>Refuses a path that may not be read, links on the way followed.</summary>
    /// <param name="last">Whether a link at its end is followed too.</param>
    /// <exception cref="EvalError">It is not allowed.</exception>
    public void CheckAccess(string path, bool last) => Checked(Encoding.UTF8.GetBytes(path), last);

    /// <summary>Refuses a URI that may not be fetched.</summary>
    /// <exception cref="EvalError">It is not allowed.</exception>
    public void CheckUri(string uri)
    {
        if (_options.Access is not { } access || access.IsAllowedUri(uri))
        {
            return;
        }

        string? path = uri.StartsWith('/') ? uri : uri.StartsWith("file://", StringComparison.Ordinal) ? uri["file://".Length..] : null;
        if (path is null || !path.StartsWith('/'))
        {
            throw new EvalError(EvalErrorKind.Restricted, $"access to URI '{uri}' is forbidden in restricted mode");
        }

        CheckAccess(StoreDir.Canonical(path), true);
    }

    /// <summary>Where a file really is.</summary>
    public string RealPath(string path) => Encoding.UTF8.GetString(Real(Encoding.UTF8.GetBytes(path)));

    /// <summary>The real path of a file, with symbolic links among its parents followed, but not one at its end.</summary>
    public string ResolveParents(string path)
    {
        int slash = path.LastIndexOf('/');
        return slash <= 0 ? RealPath(path) : RealPath(Resolve(path[..slash]) + path[slash..]);
    }

    /// <summary>The logical path of a file, with every symbolic link followed.</summary>
    /// <exception cref="EvalError">Links lead in a circle.</exception>
    public string Resolve(string path) => Resolve(path, true, Lstat, ReadLink, null);

    private static string Resolve(string path, bool last, Func<byte[], FileType?> lstat, Func<byte[], byte[]> readLink, AccessPolicy? access)
    {
        List<string> done = [];
        Stack<string> rest = new();
        Push(path);
        int links = 0;
        while (rest.TryPop(out string? part))
        {
            if (part == "..")
            {
                if (done.Count > 0)
                {
                    done.RemoveAt(done.Count - 1);
                }

                continue;
            }

            done.Add(part);
            byte[] here = Encoding.UTF8.GetBytes("/" + string.Join('/', done));
            if ((rest.Count == 0 && !last) || lstat(here) != FileType.Symlink)
            {
                continue;
            }

            access?.Check("/" + string.Join('/', done), path);

            if (++links > MaxLinks)
            {
                throw new EvalError(EvalErrorKind.File, $"infinite symlink recursion in path '{path}'");
            }

            string target = Encoding.UTF8.GetString(readLink(here));
            done.RemoveAt(done.Count - 1);
            if (target.StartsWith('/'))
            {
                done.Clear();
            }

            Push(target);
        }

        return "/" + string.Join('/', done);

        void Push(string text)
        {
            string[] parts = text.Split('/');
            for (int i = parts.Length - 1; i >= 0; i--)
            {
                if (parts[i] is not ("" or "."))
                {
                    rest.Push(parts[i]);
                }
            }
        }
    }

    private byte[] Checked(byte[] path, bool last)
    {
        // The files that are a part of this program are for everyone.
        if (_options.Access is { } access && !path.AsSpan().StartsWith(s_core.AsSpan(0, s_core.Length - 1)))
        {
            access.Check(Resolve(Encoding.UTF8.GetString(path), last, p => _machine.Lstat(Real(p)), p => _machine.ReadLink(Real(p)), access));
        }

        return path;
    }

    private byte[] Real(byte[] path)
    {
        if (!path.AsSpan().StartsWith(_logical))
        {
            return path;
        }

        WritePending(path);

        // What is at the logical place goes first: the files being evaluated may lie in another store there.
        return _real is null || _machine.Lstat(path) is not null ? path : [.. _real, .. path.AsSpan(_logical.Length)];
    }

    private static byte[]? CoreFile(byte[] path) =>
        path.AsSpan().StartsWith(s_core) ? CoreFiles.Read(Encoding.UTF8.GetString(path.AsSpan(s_core.Length))) : null;

    private void WritePending(byte[] path)
    {
        ReadOnlySpan<byte> name = path.AsSpan(_logical.Length);
        int slash = name.IndexOf((byte)'/');
        try
        {
            if (_texts.TryGet(new StorePath(Encoding.UTF8.GetString(slash < 0 ? name : name[..slash])), out _))
            {
                _texts.Flush();
            }
        }
        catch (BadStorePathException)
        {
            // No store path, so nothing that could be waiting.
        }
        catch (Firn.Store.StoreException e)
        {
            throw StoreErrors.Wrap(e);
        }
    }
}
