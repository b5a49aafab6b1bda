using System;
using System.Runtime.InteropServices;

namespace Firn.Store.Local.Posix;

/// <summary>An open file descriptor, closed when disposed.</summary>
public sealed class Descriptor : SafeHandle
{
    internal Descriptor(int value) : base(-1, ownsHandle: true) => SetHandle(value);

    public override bool IsInvalid => handle == -1;

    /// <summary>The number; valid until disposed.</summary>
    public int Value => (int)handle;

    protected override bool ReleaseHandle() => Libc.close((int)handle) == 0;
}
