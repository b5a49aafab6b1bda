using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Build.Logs;

/// <summary>Cuts a build's log into lines and keeps the last of them.</summary>
/// <param name="keep">How many lines to keep.</param>
/// <param name="onLine">Takes each line.</param>
/// <param name="onMessage">Takes the text behind <c>@nix </c> of a line with a structured message; false where it is none.</param>
internal sealed class LogTail(int keep, Action<byte[]> onLine, Func<byte[], bool> onMessage)
{
    private readonly Queue<string> _lines = new();
    private byte[] _line = new byte[256];
    private int _at;

    /// <summary>The last lines.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    public void Write(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            switch (b)
            {
                case (byte)'\r':
                    _at = 0;
                    break;
                case (byte)'\n':
                    EndLine();
                    break;
                default:
                    if (_at == _line.Length)
                    {
                        Array.Resize(ref _line, _line.Length * 2);
                    }

                    _line[_at++] = b;
                    break;
            }
        }
    }

    /// <summary>Takes what stands on a last line without an end.</summary>
    public void Flush()
    {
        if (_at > 0)
        {
            EndLine();
        }
    }

    private void EndLine()
    {
        // What a carriage return went back over and nothing replaced does not count.
        byte[] line = _line.AsSpan(0, _at).ToArray();
        _at = 0;
        if (line.AsSpan().StartsWith("@nix "u8) && onMessage(line[5..]))
        {
            return;
        }

        if (keep > 0)
        {
            if (_lines.Count == keep)
            {
                _lines.Dequeue();
            }

            _lines.Enqueue(Encoding.UTF8.GetString(line));
        }

        onLine(line);
    }
}
