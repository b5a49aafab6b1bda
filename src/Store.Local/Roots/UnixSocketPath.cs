using System.Text;
using Firn.Store.Local.Posix;

namespace Firn.Store.Local.Roots;

/// <summary>Names of sockets that fit into the 108 bytes of a socket address.</summary>
internal static class UnixSocketPath
{
    /// <summary>The path, or a short one to the same file through an open directory, which must stay open while it is used.</summary>
    internal static string Shorten(string path, out Descriptor? directory)
    {
        directory = null;
        if (Encoding.UTF8.GetByteCount(path) < 108) return path;
        int slash = path.LastIndexOf('/');
        directory = Files.OpenDirectory(path[..slash]);
        return "/proc/self/fd/" + directory.Value + path[slash..];
    }
}
