using System;
using System.Runtime.InteropServices;
using Firn.Store;

namespace Firn.Store.Local.Posix;

/// <summary>A system call failed. The message is "what was done: text of the error".</summary>
public sealed class PosixException : StoreException
{
    public PosixException(int error, string what) : base(what + ": " + Text(error)) => Error = error;

    /// <summary>errno.</summary>
    public int Error { get; }

    /// <summary>The text that C gives for an error number, as "No such file or directory".</summary>
    public static unsafe string Text(int error) => Marshal.PtrToStringUTF8((nint)Libc.strerror(error)) ?? "Unknown error " + error;
}
