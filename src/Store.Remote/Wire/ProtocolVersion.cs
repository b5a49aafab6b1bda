using System;

namespace Firn.Store.Remote.Wire;

/// <summary>The version of a protocol, on the wire one number with the minor one in its low byte.</summary>
public readonly record struct ProtocolVersion(byte Major, byte Minor) : IComparable<ProtocolVersion>
{
    public ulong Wire => ((ulong)Major << 8) | Minor;

    public static ProtocolVersion Of(ulong wire) => new((byte)(wire >> 8), (byte)wire);

    /// <summary>What two sides speak: the older of what they know.</summary>
    public static ProtocolVersion Min(ProtocolVersion one, ProtocolVersion other) => one <= other ? one : other;

    public int CompareTo(ProtocolVersion other) => Wire.CompareTo(other.Wire);

    public static bool operator <(ProtocolVersion left, ProtocolVersion right) => left.Wire < right.Wire;

    public static bool operator >(ProtocolVersion left, ProtocolVersion right) => left.Wire > right.Wire;

    public static bool operator <=(ProtocolVersion left, ProtocolVersion right) => left.Wire <= right.Wire;

    public static bool operator >=(ProtocolVersion left, ProtocolVersion right) => left.Wire >= right.Wire;

    public override string ToString() => $"{Major}.{Minor}";
}
