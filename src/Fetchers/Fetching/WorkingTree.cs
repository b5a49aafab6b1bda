using System;
using System.Collections.Generic;
using System.Text;
using Firn.Store;

namespace Firn.Fetchers.Fetching;

/// <summary>The files of a working tree that its version control knows.</summary>
internal static class WorkingTree
{
    /// <summary>Adds them to a store, with the folders on the way to them and nothing else.</summary>
    /// <param name="root">Absolute path of the tree.</param>
    /// <param name="files">Paths below it, separated by slashes.</param>
    public static PathInfo Add(ISourceAdder sources, string name, string root, IEnumerable<string> files)
    {
        HashSet<string> wanted = new(StringComparer.Ordinal);
        foreach (string file in files)
        {
            wanted.Add(file);
            for (int slash = file.LastIndexOf('/'); slash > 0 && wanted.Add(file[..slash]); slash = file.LastIndexOf('/', slash - 1))
            {
            }
        }

        int prefix = Encoding.UTF8.GetByteCount(root) + 1;
        return sources.Add(new Source
        {
            Name = name,
            File = root,
            Filter = (file, _) => wanted.Contains(Encoding.UTF8.GetString(file[prefix..])),
        });
    }
}
