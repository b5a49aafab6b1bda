using System;
using System.Collections.Generic;

namespace Firn.Cli.Arguments;

/// <summary>
/// Walks a command line as Nix's commands do: <c>--flag value</c>, bundled short flags, <c>--</c> ends flags.
/// </summary>
internal sealed class ArgumentReader
{
    private readonly List<string> _arguments;
    private int _next;
    private bool _flagsEnded;

    public ArgumentReader(IReadOnlyList<string> arguments)
    {
        // Bundles ("-vvv") are taken apart when they are met, not here: a value may look like one.
        _arguments = [.. arguments];
    }

    /// <summary>Whether <see cref="Current"/> is a flag (starts with <c>-</c>, is not <c>-</c> alone and no <c>--</c> came before).</summary>
    public bool IsFlag => !_flagsEnded && Current.Length > 1 && Current[0] == '-';

    public string Current { get; private set; } = "";

    /// <summary>Moves to the next argument; false at the end.</summary>
    public bool MoveNext()
    {
        if (!_flagsEnded && _next < _arguments.Count && _arguments[_next] == "--")
        {
            _flagsEnded = true;
            _next++;
        }

        if (_next >= _arguments.Count)
        {
            return false;
        }

        Current = _arguments[_next++];
        if (!_flagsEnded && Current.Length > 2 && Current[0] == '-' && char.IsAsciiLetter(Current[1]))
        {
            SplitBundle();
        }

        return true;
    }

    /// <summary>The next argument as the value of the current flag.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public string Value() => _next < _arguments.Count ? _arguments[_next++] : throw CliException.Usage($"'{Current}' requires an argument");

    /// <summary>The next arguments as the values of the current flag, where the flag is one that many commands share.</summary>
    /// <exception cref="CliException">There are not as many.</exception>
    public string[] Values(int count)
    {
        int left = _arguments.Count - _next;
        if (left < count)
        {
            throw CliException.Usage($"flag '{Current}' requires {count} argument(s), but only {left} were given");
        }

        _next += count;
        return [.. _arguments.GetRange(_next - count, count)];
    }

    /// <summary>The arguments that were not read yet.</summary>
    public IReadOnlyList<string> Rest()
    {
        List<string> rest = _arguments.GetRange(_next, _arguments.Count - _next);
        _next = _arguments.Count;
        return rest;
    }

    /// <summary>Takes <c>-j4</c> as <c>-j 4</c> and <c>-vvv</c> as <c>-v -v -v</c>: letters are flags, the rest is a value.</summary>
    private void SplitBundle()
    {
        string bundle = Current;
        Current = bundle[..2];
        int at = _next;
        for (int i = 2; i < bundle.Length; i++)
        {
            if (!char.IsAsciiLetter(bundle[i]))
            {
                _arguments.Insert(at, bundle[i..]);
                break;
            }

            _arguments.Insert(at++, "-" + bundle[i]);
        }
    }
}
