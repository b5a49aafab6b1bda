using System;
using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Io;

namespace Firn.Eval.Store.Files;

/// <summary>
/// What a restricted or pure evaluation may read: the paths that were allowed and what lies below them; the folders
/// above them only as steps on the way. Store objects are allowed as evaluation makes them.
/// </summary>
public sealed class AccessPolicy
{
    private readonly HashSet<string> _allowed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _above = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<string> _uris;
    private readonly bool _pure;

    /// <param name="pure">Pure evaluation rather than restricted.</param>
    /// <param name="allowedUris">Prefixes of URIs that may be fetched (<c>allowed-uris</c>).</param>
    public AccessPolicy(bool pure, IReadOnlyList<string> allowedUris)
    {
        _pure = pure;
        _uris = allowedUris;
    }

    /// <summary>Allows a path and what lies below it.</summary>
    /// <param name="path">Absolute and canonical.</param>
    public void Allow(string path)
    {
        if (!_allowed.Add(path))
        {
            return;
        }

        for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            _above.Add(path[..slash]);
        }

        _above.Add("/");
    }

    /// <param name="asked">The path that was asked for, of which this one is a part.</param>
    /// <exception cref="EvalError">The path is not allowed.</exception>
    internal void Check(string path, string? asked = null)
    {
        if (!IsAllowed(path))
        {
            throw new EvalError(
                EvalErrorKind.Restricted,
                $"access to absolute path '{asked ?? path}' is forbidden in {new Plain(_pure ? "pure evaluation mode (use '--impure' to override)" : "restricted mode")}");
        }
    }

    /// <summary>The entries of a folder that may be seen: of one that is only a step on the way, no more than the way.</summary>
    /// <param name="folder">Links resolved.</param>
    internal IReadOnlyList<DirectoryEntry> Visible(string folder, IReadOnlyList<DirectoryEntry> entries)
    {
        if (IsBelowAllowed(folder))
        {
            return entries;
        }

        List<DirectoryEntry> visible = [];
        foreach (DirectoryEntry entry in entries)
        {
            if (IsAllowed((folder == "/" ? "" : folder) + "/" + Encoding.UTF8.GetString(entry.Name)))
            {
                visible.Add(entry);
            }
        }

        return visible;
    }

    /// <summary>Whether a URI may be fetched without asking for the path that it may name.</summary>
    internal bool IsAllowedUri(string uri)
    {
        if (_pure)
        {
            // What is fetched there has to have a hash.
            return true;
        }

        foreach (string prefix in _uris)
        {
            // The whole URI, or up to a border: https://a.org must not allow https://a.organisation.
            if (uri == prefix || (uri.StartsWith(prefix, StringComparison.Ordinal) && prefix.Length > 0
                && (prefix[^1] is '/' or ':' || uri[prefix.Length] == '/')))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsAllowed(string path) => _above.Contains(path) || IsBelowAllowed(path);

    private bool IsBelowAllowed(string path)
    {
        if (_allowed.Contains(path) || _allowed.Contains("/"))
        {
            return true;
        }

        for (int slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (_allowed.Contains(path[..slash]))
            {
                return true;
            }
        }

        return false;
    }
}
