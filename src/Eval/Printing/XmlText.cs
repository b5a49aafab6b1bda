using System;
using System.Collections.Generic;
using System.Text;

namespace Firn.Eval.Printing;

/// <summary>An attribute of an element.</summary>
/// <param name="Value">Not escaped yet.</param>
public readonly record struct XmlAttribute(string Name, byte[] Value)
{
    /// <summary>An attribute with a text.</summary>
    public static XmlAttribute Of(string name, string value) => new(name, Encoding.UTF8.GetBytes(value));
}

/// <summary>An XML document as it is written: an element a line, indented by two blanks.</summary>
public sealed class XmlText
{
    private readonly ByteText _text = new();
    private readonly Stack<string> _open = new();

    /// <summary>A document with nothing in it.</summary>
    public XmlText() => _text.Add("<?xml version='1.0' encoding='utf-8'?>\n"u8);

    /// <summary>The document so far.</summary>
    public byte[] ToArray() => _text.ToArray();

    /// <summary>Starts an element that has others in it.</summary>
    public void Open(string element, params ReadOnlySpan<XmlAttribute> attributes)
    {
        Start(element, attributes);
        _text.Add(">\n"u8);
        _open.Push(element);
    }

    /// <summary>Ends the element that was opened last.</summary>
    public void Close()
    {
        string element = _open.Pop();
        Indent();
        _text.Add("</"u8);
        _text.Add(element);
        _text.Add(">\n"u8);
    }

    /// <summary>Ends all elements: the document is whole, even if its contents are not.</summary>
    public void CloseAll()
    {
        while (_open.Count > 0)
        {
            Close();
        }
    }

    /// <summary>An element with nothing in it.</summary>
    public void Empty(string element, params ReadOnlySpan<XmlAttribute> attributes)
    {
        Start(element, attributes);
        _text.Add(" />\n"u8);
    }

    private void Start(string element, ReadOnlySpan<XmlAttribute> attributes)
    {
        Indent();
        _text.Add((byte)'<');
        _text.Add(element);
        foreach (XmlAttribute attribute in attributes)
        {
            _text.Add((byte)' ');
            _text.Add(attribute.Name);
            _text.Add("=\""u8);
            Escape(attribute.Value);
            _text.Add((byte)'"');
        }
    }

    private void Indent() => _text.AddBlanks(2 * _open.Count);

    private void Escape(ReadOnlySpan<byte> value)
    {
        foreach (byte b in value)
        {
            switch (b)
            {
                case (byte)'"':
                    _text.Add("&quot;"u8);
                    break;
                case (byte)'<':
                    _text.Add("&lt;"u8);
                    break;
                case (byte)'>':
                    _text.Add("&gt;"u8);
                    break;
                case (byte)'&':
                    _text.Add("&amp;"u8);
                    break;

                // As it is, a newline would be read back as a blank.
                case (byte)'\n':
                    _text.Add("&#xA;"u8);
                    break;
                default:
                    _text.Add(b);
                    break;
            }
        }
    }
}
