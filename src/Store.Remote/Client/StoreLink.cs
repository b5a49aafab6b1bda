using System;
using System.IO;
using System.Net.Sockets;

namespace Firn.Store.Remote.Client;

/// <summary>One connection to whoever serves a store.</summary>
/// <param name="From">What comes from there.</param>
/// <param name="To">What goes there.</param>
/// <param name="HasData">Whether something has come that can be read without waiting.</param>
/// <param name="Close">Ends it.</param>
public sealed record StoreLink(Stream From, Stream To, Func<bool> HasData, Action Close)
{
    /// <summary>A connection to a socket.</summary>
    /// <exception cref="StoreException">Nobody answers there.</exception>
    public static StoreLink ToSocket(string path)
    {
        Socket socket = SocketName.Connect(path);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return new StoreLink(stream, stream, () => socket.Poll(0, SelectMode.SelectRead), stream.Dispose);
    }
}
