using System;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Firn.Store.Remote.Client;

/// <summary>A name for a socket that fits into the 108 bytes of an address: a long path is told through its open directory.</summary>
public sealed class SocketName : IDisposable
{
    private readonly SafeFileHandle? _directory;

    private SocketName(string name, SafeFileHandle? directory)
    {
        EndPoint = new UnixDomainSocketEndPoint(name);
        _directory = directory;
    }

    /// <summary>Good until disposal.</summary>
    public UnixDomainSocketEndPoint EndPoint { get; }

    public static SocketName Of(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) < 108) return new SocketName(path, null);
        int slash = path.LastIndexOf('/');
        SafeFileHandle directory = DirectoryHandle.Open(path[..slash]);
        return new SocketName($"/proc/self/fd/{directory.DangerousGetHandle()}{path[slash..]}", directory);
    }

    /// <summary>Connects to a socket.</summary>
    /// <exception cref="StoreException">Nobody answers there.</exception>
    public static Socket Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using SocketName name = Of(path);
            socket.Connect(name.EndPoint);
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            socket.Dispose();
            // The error number of a missing file does not come through.
            string reason = !Path.Exists(path) ? "No such file or directory"
                : e is SocketException refused ? System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(refused.NativeErrorCode) : e.Message;
            throw new StoreException($"cannot connect to socket at '{path}': {reason}");
        }
    }

    public void Dispose() => _directory?.Dispose();
}
