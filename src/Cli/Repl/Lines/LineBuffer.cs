using System;
using System.Text;

namespace Firn.Cli.Repl.Lines;

/// <summary>A line that is being edited: its text, the cursor, and what was cut out last.</summary>
internal sealed class LineBuffer
{
    private readonly StringBuilder _text = new();
    private string _cut = "";

    public string Text => _text.ToString();

    /// <summary>The cursor, in UTF-16 units before it; never inside of a character.</summary>
    public int Cursor { get; private set; }

    /// <summary>What stands before the cursor.</summary>
    public string Before => _text.ToString(0, Cursor);

    public void Set(string text)
    {
        _text.Clear().Append(text);
        Cursor = text.Length;
    }

    public void Insert(string text)
    {
        _text.Insert(Cursor, text);
        Cursor += text.Length;
    }

    public void Left() => Cursor = Previous(Cursor);

    public void Right() => Cursor = Next(Cursor);

    public void Home() => Cursor = 0;

    public void End() => Cursor = _text.Length;

    public void WordLeft() => Cursor = WordStart();

    public void WordRight() => Cursor = WordEnd();

    public void DeleteBefore() => Remove(Previous(Cursor), Cursor);

    public void DeleteAt() => Remove(Cursor, Next(Cursor));

    public void CutToEnd() => Cut(Cursor, _text.Length);

    public void CutToStart() => Cut(0, Cursor);

    /// <summary>Cuts back to the last space.</summary>
    public void CutWordBefore()
    {
        int start = Cursor;
        while (start > 0 && _text[start - 1] == ' ')
        {
            start--;
        }

        while (start > 0 && _text[start - 1] != ' ')
        {
            start--;
        }

        Cut(start, Cursor);
    }

    public void CutWordAfter() => Cut(Cursor, WordEnd());

    public void Paste() => Insert(_cut);

    public void Swap()
    {
        int at = Cursor == _text.Length ? Previous(Cursor) : Cursor;
        int before = Previous(at);
        if (at == before)
        {
            return;
        }

        int after = Next(at);
        string left = _text.ToString(before, at - before), right = _text.ToString(at, after - at);
        _text.Remove(before, after - before).Insert(before, right + left);
        Cursor = after;
    }

    private int Previous(int at) => at == 0 ? 0 : at >= 2 && char.IsLowSurrogate(_text[at - 1]) && char.IsHighSurrogate(_text[at - 2]) ? at - 2 : at - 1;

    private int Next(int at) => at >= _text.Length ? at : at + 1 < _text.Length && char.IsHighSurrogate(_text[at]) && char.IsLowSurrogate(_text[at + 1]) ? at + 2 : at + 1;

    private int WordStart()
    {
        int at = Cursor;
        while (at > 0 && !char.IsLetterOrDigit(_text[at - 1]))
        {
            at--;
        }

        while (at > 0 && char.IsLetterOrDigit(_text[at - 1]))
        {
            at--;
        }

        return at;
    }

    private int WordEnd()
    {
        int at = Cursor;
        while (at < _text.Length && !char.IsLetterOrDigit(_text[at]))
        {
            at++;
        }

        while (at < _text.Length && char.IsLetterOrDigit(_text[at]))
        {
            at++;
        }

        return at;
    }

    private void Remove(int start, int end)
    {
        _text.Remove(start, end - start);
        Cursor = Math.Min(Cursor, start);
    }

    private void Cut(int start, int end)
    {
        if (end > start)
        {
            _cut = _text.ToString(start, end - start);
            Remove(start, end);
        }
    }
}
