using System;
using System.Buffers;
using Firn.Eval.Errors;

namespace Firn.Eval.Values;

/// <summary>Joins strings to one, with what they refer to. Not to be copied; <see cref="ToValue"/> ends its use.</summary>
/// <remarks>The bytes grow in an array of a pool, which is only lost where an error comes between.</remarks>
public struct StringBuilding
{
    private byte[]? _bytes;
    private int _length;
    private StringContext? _context;

    /// <summary>Number of bytes so far.</summary>
    public readonly int Length => _length;

    /// <summary>Adds bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        long needed = (long)_length + bytes.Length;
        if (_bytes is null || needed > _bytes.Length)
        {
            CheckLength(needed);
            Grow((int)Math.Max(needed, Math.Min(Math.Max(256, 2L * _length), Array.MaxLength)));
        }

        bytes.CopyTo(_bytes.AsSpan(_length));
        _length = (int)needed;
    }

    private void Grow(int capacity)
    {
        byte[] grown = ArrayPool<byte>.Shared.Rent(capacity);
        if (_bytes is not null)
        {
            _bytes.AsSpan(0, _length).CopyTo(grown);
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = grown;
    }

    /// <summary>Whether one string may have so many bytes.</summary>
    /// <exception cref="EvalError">No array can hold them.</exception>
    internal static void CheckLength(long bytes)
    {
        if (bytes > Array.MaxLength)
        {
            throw new EvalError(EvalErrorKind.Error, $"a string of {bytes} bytes is too long");
        }
    }

    /// <summary>Adds a string and what it refers to.</summary>
    public void Add(VString text)
    {
        Add(text.Bytes);
        AddContext(text.Context);
    }

    /// <summary>Adds something that the result refers to.</summary>
    public void AddContext(StringContext? context)
    {
        if (context is not null)
        {
            _context = StringContext.Union(_context, context);
        }
    }

    /// <summary>The string.</summary>
    public VString ToValue()
    {
        byte[] text = [];
        if (_bytes is not null)
        {
            text = _bytes.AsSpan(0, _length).ToArray();
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = null;
        }

        return _length == 0 && _context is null ? VString.Empty : new VString(text, _context);
    }
}
