using System;
using System.Collections.Generic;
using System.IO;
using System.Text;

namespace Firn.Cli.Repl.Lines;

/// <summary>Lines typed at a terminal: editing with the usual keys, history, completion with Tab.</summary>
/// <param name="complete">What the text before the cursor may become, each with what stood before.</param>
internal sealed class LineEditor(Stream output, History history, Func<string, IReadOnlyCollection<string>> complete) : ILineReader
{
    private const byte Escape = 0x1b;

    private readonly LineBuffer _line = new();
    private readonly byte[] _pending = new byte[256];
    private int _pendingStart, _pendingEnd;
    private string _prompt = "";
    private int _cursorRow;

    public string? Read(string prompt)
    {
        using TerminalMode mode = TerminalMode.Enter();
        _prompt = prompt;
        _cursorRow = 0;
        _line.Set("");
        Draw();
        int place = history.Count;
        string unsent = "";
        while (true)
        {
            int key = NextByte();
            switch (key)
            {
                case < 0:
                case 4 when _line.Text.Length == 0: // Ctrl-D
                    Leave();
                    return null;
                case 3: // Ctrl-C
                    Leave();
                    throw new LineAbandonedException();
                case '\r' or '\n':
                    Draw();
                    Leave();
                    history.Add(_line.Text);
                    return _line.Text;
                case '\t':
                    Complete();
                    break;
                case 12: // Ctrl-L
                    Write("\x1b[H\x1b[2J");
                    _cursorRow = 0;
                    break;
                case 16: // Ctrl-P
                    Recall(ref place, place - 1, ref unsent);
                    break;
                case 14: // Ctrl-N
                    Recall(ref place, place + 1, ref unsent);
                    break;
                case 18: // Ctrl-R
                    Search();
                    break;
                case Escape:
                    Sequence(ref place, ref unsent);
                    break;
                default:
                    Edit(key);
                    break;
            }

            // What is pasted comes in large pieces; the line is shown when all of it is in.
            if (_pendingStart == _pendingEnd)
            {
                Draw();
            }
        }
    }

    public void Dispose() => history.Save();

    private void Edit(int key)
    {
        switch (key)
        {
            case 1: // Ctrl-A
                _line.Home();
                break;
            case 2: // Ctrl-B
                _line.Left();
                break;
            case 4: // Ctrl-D
                _line.DeleteAt();
                break;
            case 5: // Ctrl-E
                _line.End();
                break;
            case 6: // Ctrl-F
                _line.Right();
                break;
            case 8 or 127: // Backspace
                _line.DeleteBefore();
                break;
            case 11: // Ctrl-K
                _line.CutToEnd();
                break;
            case 20: // Ctrl-T
                _line.Swap();
                break;
            case 21: // Ctrl-U
                _line.CutToStart();
                break;
            case 23: // Ctrl-W
                _line.CutWordBefore();
                break;
            case 25: // Ctrl-Y
                _line.Paste();
                break;
            case >= 32:
                _line.Insert(Character((byte)key));
                break;
        }
    }

    /// <summary>Keys that send more than one byte: arrows, Home, Delete, Alt with a letter.</summary>
    private void Sequence(ref int place, ref string unsent)
    {
        int first = NextByte();
        switch (first)
        {
            case 'b':
                _line.WordLeft();
                return;
            case 'f':
                _line.WordRight();
                return;
            case 'd':
                _line.CutWordAfter();
                return;
            case 127:
                _line.CutWordBefore();
                return;
            case not ('[' or 'O'):
                return;
        }

        StringBuilder code = new();
        int last;
        while ((last = NextByte()) is >= '0' and <= '9' or ';')
        {
            code.Append((char)last);
        }

        bool word = code.ToString() is "1;5" or "1;3";
        switch (last)
        {
            case 'A':
                Recall(ref place, place - 1, ref unsent);
                break;
            case 'B':
                Recall(ref place, place + 1, ref unsent);
                break;
            case 'C' when word:
                _line.WordRight();
                break;
            case 'D' when word:
                _line.WordLeft();
                break;
            case 'C':
                _line.Right();
                break;
            case 'D':
                _line.Left();
                break;
            case 'H':
            case '~' when code.ToString() is "1" or "7":
                _line.Home();
                break;
            case 'F':
            case '~' when code.ToString() is "4" or "8":
                _line.End();
                break;
            case '~' when code.ToString() == "3":
                _line.DeleteAt();
                break;
        }
    }

    private void Recall(ref int place, int wanted, ref string unsent)
    {
        if (wanted < 0 || wanted > history.Count)
        {
            return;
        }

        if (place == history.Count)
        {
            unsent = _line.Text;
        }

        place = wanted;
        _line.Set(place == history.Count ? unsent : history[place]);
    }

    /// <summary>Ctrl-R: the newest line of the history that has what is typed in it; again goes further back.</summary>
    private void Search()
    {
        string prompt = _prompt, wanted = "";
        int place = history.Count;
        while (true)
        {
            _prompt = $"(reverse-i-search)`{wanted}': ";
            Draw();
            int key = NextByte();
            if (key == 18)
            {
                place = Find(wanted, place - 1);
            }
            else if (key is 8 or 127)
            {
                wanted = wanted.Length > 0 ? wanted[..^1] : wanted;
                place = Find(wanted, history.Count - 1);
            }
            else if (key >= 32)
            {
                wanted += Character((byte)key);
                place = Find(wanted, history.Count - 1);
            }
            else
            {
                // Any other key means: this one. It is read again as a key of the line.
                _prompt = prompt;
                if (key is not Escape and not 7)
                {
                    _pendingStart--;
                }

                return;
            }

            if (place < 0)
            {
                place = history.Count;
            }
            else if (place < history.Count)
            {
                _line.Set(history[place]);
            }
        }

        int Find(string text, int from)
        {
            while (from >= 0 && (from >= history.Count || !history[from].Contains(text, StringComparison.Ordinal)))
            {
                from--;
            }

            return from;
        }
    }

    private void Complete()
    {
        string before = _line.Before;
        List<string> possible = [.. complete(before)];
        if (possible.Count == 0)
        {
            Write("\a");
            return;
        }

        string common = possible[0];
        foreach (string each in possible)
        {
            int length = 0;
            while (length < common.Length && length < each.Length && common[length] == each[length])
            {
                length++;
            }

            common = common[..length];
        }

        if (common.Length > before.Length)
        {
            _line.Insert(common[before.Length..]);
        }
        else if (possible.Count > 1)
        {
            List(possible, before);
        }
    }

    private void List(List<string> possible, string before)
    {
        // What all begin with is on the line already; only the last word is of interest.
        int start = before.LastIndexOfAny([' ', '\t', '(', ')', '{', '}', '[', ']']) + 1;
        int width = 0;
        foreach (string each in possible)
        {
            width = Math.Max(width, each.Length - start + 2);
        }

        int columns = Math.Max(1, TerminalMode.Width / width);
        Leave();
        StringBuilder text = new();
        for (int i = 0; i < possible.Count; i++)
        {
            bool last = (i + 1) % columns == 0 || i + 1 == possible.Count;
            text.Append(last ? possible[i][start..] + "\r\n" : possible[i][start..].PadRight(width));
        }

        Write(text.ToString());
        _cursorRow = 0;
    }

    private void Draw()
    {
        int width = TerminalMode.Width;
        string shown = _prompt + _line.Text;
        StringBuilder text = new();
        text.Append('\r').Append(_cursorRow > 0 ? $"\x1b[{_cursorRow}A" : "").Append("\x1b[J").Append(shown);
        int end = Cells(shown);
        if (end > 0 && end % width == 0)
        {
            // The cursor waits behind the last column; this takes it to the next line.
            text.Append("\r\n");
        }

        int at = Cells(_prompt) + Cells(_line.Before);
        int up = (end / width) - (at / width);
        text.Append(up > 0 ? $"\x1b[{up}A" : "").Append('\r').Append(at % width > 0 ? $"\x1b[{at % width}C" : "");
        _cursorRow = at / width;
        Write(text.ToString());
    }

    /// <summary>Moves below the line.</summary>
    private void Leave()
    {
        int width = TerminalMode.Width;
        int below = (Cells(_prompt + _line.Text) / width) - _cursorRow;
        Write((below > 0 ? $"\x1b[{below}B" : "") + "\r\n");
        _cursorRow = 0;
    }

    private static int Cells(string text)
    {
        int cells = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            cells += Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark or System.Globalization.UnicodeCategory.EnclosingMark ? 0
                : rune.Value is (>= 0x1100 and <= 0x115F) or (>= 0x2E80 and <= 0xA4CF) or (>= 0xAC00 and <= 0xD7A3) or (>= 0xF900 and <= 0xFAFF) or (>= 0xFE30 and <= 0xFE6F) or (>= 0xFF00 and <= 0xFF60) or (>= 0x1F300 and <= 0x1FAFF) ? 2 : 1;
        }

        return cells;
    }

    private string Character(byte first)
    {
        int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC0 ? 1 : 0;
        byte[] bytes = new byte[more + 1];
        bytes[0] = first;
        for (int i = 1; i <= more; i++)
        {
            bytes[i] = (byte)NextByte();
        }

        return Encoding.UTF8.GetString(bytes);
    }

    private int NextByte()
    {
        if (_pendingStart == _pendingEnd)
        {
            int count = TerminalMode.Read(_pending);
            if (count <= 0)
            {
                return -1;
            }

            (_pendingStart, _pendingEnd) = (0, count);
        }

        return _pending[_pendingStart++];
    }

    private void Write(string text)
    {
        output.Write(Encoding.UTF8.GetBytes(text));
        output.Flush();
    }
}
