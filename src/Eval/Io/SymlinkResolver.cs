using System;
using System.Collections.Concurrent;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Io;

/// <summary>Follows symlinks in every element of a path.</summary>
public sealed class SymlinkResolver(IEvalIo io)
{
    private const int MaxLinks = 1024;

    // Directories that no link is on the way to. Sources do not change while they are evaluated.
    private readonly ConcurrentDictionary<byte[], bool> _plain = new(ByteArrayComparer.Instance);

    /// <summary>
    /// The path with symlinks replaced by what they lead to. What does not exist stays as it is.
    /// </summary>
    /// <param name="path">An absolute canonical path.</param>
    /// <exception cref="EvalError">The links lead in a circle, or the machine refuses to look.</exception>
    public byte[] Resolve(byte[] path)
    {
        byte[] parent = CanonPath.Parent(path);
        if (_plain.ContainsKey(parent) && !IsLink(path))
        {
            return path;
        }

        byte[] resolved = ResolveParts(path);

        // What does not exist yet may become a link.
        if (resolved.AsSpan().SequenceEqual(path) && parent.Length > 1 && IsDirectory(parent))
        {
            _plain[parent] = true;
        }

        return resolved;
    }

    private byte[] ResolveParts(byte[] path)
    {
        byte[] resolved = "/"u8.ToArray();
        byte[] rest = path;
        int links = 0;
        int at = 1;
        while (at < rest.Length)
        {
            int slash = rest.AsSpan(at).IndexOf((byte)'/');
            int end = slash < 0 ? rest.Length : at + slash;
            byte[] next = CanonPath.Join(resolved, rest.AsSpan(at, end - at));
            if (!IsLink(next))
            {
                resolved = next;
                at = end + 1;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new EvalError(EvalErrorKind.File, $"too many symbolic links encountered while traversing the path '{path}'");
            }

            byte[] target = io.ReadLink(next);
            byte[] start = target is [(byte)'/', ..] ? CanonPath.Make(target) : CanonPath.Join(resolved, target);
            rest = end < rest.Length ? CanonPath.Join(start, rest.AsSpan(end + 1)) : start;
            resolved = "/"u8.ToArray();
            at = 1;
        }

        return resolved;
    }

    // A part that must not be looked at stays as it is: who then reads the whole path is told that it is forbidden.
    private bool IsLink(byte[] path) => Look(path) == FileType.Symlink;

    private bool IsDirectory(byte[] path) => Look(path) == FileType.Directory;

    private FileType? Look(byte[] path)
    {
        try
        {
            return io.Lstat(path);
        }
        catch (EvalError e) when (e.Kind == EvalErrorKind.Restricted)
        {
            return null;
        }
    }
}
