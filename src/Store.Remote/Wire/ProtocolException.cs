namespace Firn.Store.Remote.Wire;

/// <summary>The other side did not keep to the protocol: nothing that it sends from here on has a meaning.</summary>
public sealed class ProtocolException(string message) : StoreException(message);
