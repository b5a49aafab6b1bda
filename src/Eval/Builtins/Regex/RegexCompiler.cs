using System;
using System.Collections.Generic;

namespace Firn.Eval.Builtins.Regex;

/// <summary>Parses a pattern and lays out its automaton.</summary>
internal ref struct RegexCompiler
{
    /// <summary>Automata above this size are refused, as users know it from other implementations.</summary>
    private const long StateLimit = 100_000;

    /// <summary>Parentheses may be nested this deeply.</summary>
    private const int DepthLimit = 2_000;

    private enum NodeKind : byte
    {
        Empty,
        Byte,
        Set,
        LineStart,
        LineEnd,
        Sequence,
        Either,
        Group,
        Repeat,
    }

    /// <summary>A part of the pattern. <c>Size</c> is the number of states it takes.</summary>
    private sealed record Node(NodeKind Kind, long Size)
    {
        public int Argument { get; init; }

        public int Minimum { get; init; }

        /// <summary>-1 for no maximum.</summary>
        public int Maximum { get; init; }

        public Node[] Children { get; init; } = [];
    }

    private readonly ReadOnlySpan<byte> _pattern;
    private readonly List<bool[]> _sets = [];
    private readonly List<RegexState> _states = [];
    private int _at;
    private int _groups;
    private int _depth;

    private RegexCompiler(ReadOnlySpan<byte> pattern) => _pattern = pattern;

    public static RegexProgram Compile(ReadOnlySpan<byte> pattern)
    {
        RegexCompiler compiler = new(pattern);
        Node root = compiler.ParseAlternatives();
        if (compiler._at != pattern.Length)
        {
            throw Invalid();
        }

        if (root.Size + 3 > StateLimit)
        {
            throw new RegexException(RegexFault.TooComplex);
        }

        int accept = compiler.Add(RegexOp.Accept, 0, -1);
        int start = compiler.Emit(root, accept);
        RegexState[] states = compiler._states.ToArray();
        bool[][] sets = compiler._sets.ToArray();
        return new RegexProgram(states, start, sets, compiler._groups, FirstBytes(states, sets, start));
    }

    private static RegexException Invalid() => new(RegexFault.Invalid);

    private Node ParseAlternatives()
    {
        if (++_depth > DepthLimit)
        {
            throw new RegexException(RegexFault.TooComplex);
        }

        Node left = ParseSequence();
        while (_at < _pattern.Length && _pattern[_at] == '|')
        {
            _at++;
            Node right = ParseSequence();
            left = new Node(NodeKind.Either, left.Size + right.Size + 2) { Children = [left, right] };
        }

        _depth--;
        return left;
    }

    private Node ParseSequence()
    {
        List<Node> items = [];
        long size = 1;
        while (_at < _pattern.Length && ParseTerm() is Node item)
        {
            items.Add(item);
            size += item.Size;
        }

        return items.Count == 0 ? new Node(NodeKind.Empty, 1) : new Node(NodeKind.Sequence, size) { Children = items.ToArray() };
    }

    private Node? ParseTerm()
    {
        switch (_pattern[_at])
        {
            // Line ends take no repetition: `^*` is an error, found as a `*` with nothing before it.
            case (byte)'^':
                _at++;
                return new Node(NodeKind.LineStart, 1);
            case (byte)'$':
                _at++;
                return new Node(NodeKind.LineEnd, 1);
            default:
                Node? atom = ParseAtom();
                while (atom is not null && _at < _pattern.Length && ParseRepetition(atom) is Node repeated)
                {
                    atom = repeated;
                }

                return atom;
        }
    }

    private Node? ParseAtom()
    {
        byte c = _pattern[_at];
        switch (c)
        {
            case (byte)')' or (byte)'|' or (byte)'*' or (byte)'+' or (byte)'?' or (byte)'{':
                return null;
            case (byte)'.':
                _at++;
                bool[] any = new bool[256];
                any.AsSpan(1).Fill(true);
                return SetNode(any);
            case (byte)'(':
                _at++;
                int index = _groups++;
                Node inner = ParseAlternatives();
                if (_at >= _pattern.Length || _pattern[_at] != ')')
                {
                    throw Invalid();
                }

                _at++;
                return new Node(NodeKind.Group, inner.Size + 2) { Argument = index, Children = [inner] };
            case (byte)'[':
                _at++;
                return SetNode(new BracketParser(_pattern, ref _at).Parse());
            case (byte)'\\':
                if (_at + 1 >= _pattern.Length || ".[\\()*+?{|^$"u8.IndexOf(_pattern[_at + 1]) < 0)
                {
                    throw Invalid();
                }

                _at += 2;
                return new Node(NodeKind.Byte, 1) { Argument = _pattern[_at - 1] };
            case 0:
                throw Invalid();
            default:
                _at++;
                return new Node(NodeKind.Byte, 1) { Argument = c };
        }
    }

    private readonly Node SetNode(bool[] set)
    {
        _sets.Add(set);
        return new Node(NodeKind.Set, 1) { Argument = _sets.Count - 1 };
    }

    private Node? ParseRepetition(Node atom)
    {
        switch (_pattern[_at])
        {
            case (byte)'*':
                _at++;
                return new Node(NodeKind.Repeat, atom.Size + 1) { Minimum = 0, Maximum = -1, Children = [atom] };
            case (byte)'+':
                _at++;
                return new Node(NodeKind.Repeat, atom.Size + 1) { Minimum = 1, Maximum = -1, Children = [atom] };
            case (byte)'?':
                _at++;
                return new Node(NodeKind.Repeat, atom.Size + 2) { Minimum = 0, Maximum = 1, Children = [atom] };
            case (byte)'{':
                _at++;
                return ParseInterval(atom);
            default:
                return null;
        }
    }

    private Node ParseInterval(Node atom)
    {
        int minimum = ParseCount() ?? throw Invalid();
        int maximum = minimum;
        if (_at < _pattern.Length && _pattern[_at] == ',')
        {
            _at++;
            maximum = ParseCount() ?? -1;
        }

        if (_at >= _pattern.Length || _pattern[_at] != '}' || (maximum >= 0 && maximum < minimum))
        {
            throw Invalid();
        }

        _at++;
        long copies = 1L + minimum + (maximum < 0 ? 1 : maximum - minimum);
        long size = (copies * atom.Size) + 2 + (maximum < 0 ? 0 : maximum - minimum);
        if (size > StateLimit)
        {
            throw new RegexException(RegexFault.TooComplex);
        }

        return new Node(NodeKind.Repeat, size) { Minimum = minimum, Maximum = maximum, Children = [atom] };
    }

    private int? ParseCount()
    {
        int start = _at;
        long value = 0;
        while (_at < _pattern.Length && _pattern[_at] is >= (byte)'0' and <= (byte)'9')
        {
            value = (value * 10) + (_pattern[_at] - '0');
            if (value > int.MaxValue)
            {
                throw Invalid();
            }

            _at++;
        }

        return _at == start ? null : (int)value;
    }

    private readonly int Add(RegexOp op, int argument, int next, int other = -1)
    {
        _states.Add(new RegexState(op, argument, next, other));
        return _states.Count - 1;
    }

    /// <summary>Lays a node out in front of <paramref name="next"/>; gives where it starts.</summary>
    private readonly int Emit(Node node, int next)
    {
        switch (node.Kind)
        {
            case NodeKind.Empty:
                return next;
            case NodeKind.Byte:
                return Add(RegexOp.Byte, node.Argument, next);
            case NodeKind.Set:
                return Add(RegexOp.Set, node.Argument, next);
            case NodeKind.LineStart:
                return Add(RegexOp.LineStart, 0, next);
            case NodeKind.LineEnd:
                return Add(RegexOp.LineEnd, 0, next);
            case NodeKind.Sequence:
                for (int i = node.Children.Length - 1; i >= 0; i--)
                {
                    next = Emit(node.Children[i], next);
                }

                return next;
            case NodeKind.Either:
                int left = Emit(node.Children[0], next);
                int right = Emit(node.Children[1], next);
                return Add(RegexOp.Either, 0, right, left);
            case NodeKind.Group:
                int end = Add(RegexOp.GroupEnd, node.Argument, next);
                return Add(RegexOp.GroupStart, node.Argument, Emit(node.Children[0], end));
            case NodeKind.Repeat:
                return EmitRepeat(node, next);
            default:
                throw new InvalidOperationException($"no layout for {node.Kind}");
        }
    }

    private readonly int EmitRepeat(Node node, int next)
    {
        Node body = node.Children[0];
        if (node.Maximum < 0)
        {
            int loop = Add(RegexOp.Repeat, 0, next);
            int inner = Emit(body, loop);
            _states[loop] = _states[loop] with { Other = inner };
            next = node.Minimum == 1 ? inner : loop;
            for (int i = node.Minimum == 1 ? 1 : 0; i < node.Minimum; i++)
            {
                next = Emit(body, next);
            }

            return next;
        }

        int after = next;
        for (int i = node.Minimum; i < node.Maximum; i++)
        {
            int once = Emit(body, next);
            next = Add(RegexOp.Repeat, 0, after, once);
        }

        for (int i = 0; i < node.Minimum; i++)
        {
            next = Emit(body, next);
        }

        return next;
    }

    private static bool[]? FirstBytes(RegexState[] states, bool[][] sets, int start)
    {
        bool[] first = new bool[256];
        bool[] seen = new bool[states.Length];
        Stack<int> open = new();
        open.Push(start);
        while (open.TryPop(out int at))
        {
            if (seen[at])
            {
                continue;
            }

            seen[at] = true;
            RegexState state = states[at];
            switch (state.Op)
            {
                case RegexOp.Byte:
                    first[state.Argument] = true;
                    break;
                case RegexOp.Set:
                    for (int i = 0; i < 256; i++)
                    {
                        first[i] |= sets[state.Argument][i];
                    }

                    break;
                case RegexOp.Accept:
                    return null;
                case RegexOp.Either or RegexOp.Repeat:
                    open.Push(state.Next);
                    open.Push(state.Other);
                    break;
                default:
                    open.Push(state.Next);
                    break;
            }
        }

        return first;
    }
}
