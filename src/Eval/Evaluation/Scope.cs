using System.Runtime.CompilerServices;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

/// <summary>
/// The variables of one function call, <c>let</c>, <c>rec</c> or <c>with</c>: the scope around it and the values,
/// inline. Subclasses only add room; a slot is reached by its distance from <see cref="S0"/>.
/// </summary>
internal class Scope(Scope? up)
{
    public Scope? Up = up;
    public Value? S0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Value Get(int slot) => Unsafe.Add(ref S0, slot)!;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int slot, Value value) => Unsafe.Add(ref S0, slot) = value;

    /// <summary>A scope with room for this many slots.</summary>
    public static Scope Make(Scope? up, int slots) => slots switch
    {
        <= 1 => new Scope(up),
        2 => new Scope2(up),
        3 => new Scope3(up),
        4 => new Scope4(up),
        5 => new Scope5(up),
        6 => new Scope6(up),
        7 or 8 => new Scope8(up),
        <= 10 => new Scope10(up),
        <= 12 => new Scope12(up),
        <= 16 => new Scope16(up),
        <= 24 => new Scope24(up),
        <= 32 => new Scope32(up),
        <= 48 => new Scope48(up),
        <= 64 => new Scope64(up),
        <= 128 => new Scope128(up),
        <= 256 => new Scope256(up),
        <= 512 => new Scope512(up),
        <= 1024 => new Scope1024(up),
        <= 4096 => new Scope4096(up),
        <= 16384 => new Scope16384(up),
        _ => new Scope65536(up),
    };

    /// <summary>The largest number of slots.</summary>
    public const int MaxSlots = 65536;
}

internal sealed class Scope2(Scope? up) : Scope(up)
{
    public Value? S1;
}

internal sealed class Scope3(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(2)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope4(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(3)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope5(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(4)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope6(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(5)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope8(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(7)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope10(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(9)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope12(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(11)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope16(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(15)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope24(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(23)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope32(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(31)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope48(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(47)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope64(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(63)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope128(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(127)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope256(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(255)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope512(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(511)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope1024(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(1023)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope4096(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(4095)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope16384(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(16383)]
    public struct Rest
    {
        private Value? _first;
    }
}

internal sealed class Scope65536(Scope? up) : Scope(up)
{
    public Rest More;

    [InlineArray(65535)]
    public struct Rest
    {
        private Value? _first;
    }
}
