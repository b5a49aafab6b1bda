using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Firn.Formats.Sinks;

namespace Firn.Formats.Json;

/// <summary>
/// Writes JSON as the field prints it: everything but quotes, backslashes and control characters as it is, floating point
/// with its shortest digits. Members come in the order in which they are written; who needs them sorted sorts them.
/// </summary>
public sealed class JsonTextWriter(ByteBuffer to, bool indented = false)
{
    private readonly List<bool> _empty = [];
    private bool _afterName;

    /// <summary>Begins an object.</summary>
    public void BeginObject() => Begin((byte)'{');

    public void EndObject() => End((byte)'}');

    /// <summary>Begins an array.</summary>
    public void BeginArray() => Begin((byte)'[');

    public void EndArray() => End((byte)']');

    /// <summary>The name of a member; its value follows.</summary>
    /// <exception cref="FormatsException">It is not valid UTF-8.</exception>
    public void Name(ReadOnlySpan<byte> name)
    {
        Separate();
        Text(to, name);
        to.Write((byte)':');
        if (indented)
        {
            to.Write((byte)' ');
        }

        _afterName = true;
    }

    /// <inheritdoc cref="Name(ReadOnlySpan{byte})"/>
    public void Name(string name) => Name(Encoding.UTF8.GetBytes(name));

    /// <exception cref="FormatsException">It is not valid UTF-8.</exception>
    public void String(ReadOnlySpan<byte> text)
    {
        Separate();
        Text(to, text);
    }

    /// <inheritdoc cref="String(ReadOnlySpan{byte})"/>
    public void String(string text) => String(Encoding.UTF8.GetBytes(text));

    public void Number(long number)
    {
        Separate();
        to.WriteAscii(number.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A number of floating point; <c>null</c> where JSON has no form for it.</summary>
    public void Number(double number)
    {
        Separate();
        to.WriteAscii(Format(number));
    }

    public void Bool(bool value)
    {
        Separate();
        to.Write(value ? "true"u8 : "false"u8);
    }

    public void Null()
    {
        Separate();
        to.Write("null"u8);
    }

    /// <summary>A value that is JSON already; its members are sorted by byte.</summary>
    /// <exception cref="FormatsException">It is none.</exception>
    public void Value(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            Value(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new FormatsException("cannot parse JSON: " + e.Message);
        }
    }

    private void Value(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                SortedDictionary<string, JsonElement> members = new(StringComparer.Ordinal);
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    members[member.Name] = member.Value;
                }

                BeginObject();
                foreach ((string name, JsonElement member) in members)
                {
                    Name(name);
                    Value(member);
                }

                EndObject();
                break;
            case JsonValueKind.Array:
                BeginArray();
                foreach (JsonElement element in value.EnumerateArray())
                {
                    Value(element);
                }

                EndArray();
                break;
            case JsonValueKind.String:
                String(value.GetString()!);
                break;
            case JsonValueKind.Number when value.TryGetInt64(out long number):
                Number(number);
                break;
            case JsonValueKind.Number when value.TryGetUInt64(out ulong large):
                Separate();
                to.Write(System.Text.Encoding.ASCII.GetBytes(large.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                break;
            case JsonValueKind.Number:
                Number(value.GetDouble());
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Bool(value.ValueKind == JsonValueKind.True);
                break;
            default:
                Null();
                break;
        }
    }

    private void Begin(byte bracket)
    {
        Separate();
        to.Write(bracket);
        _empty.Add(true);
    }

    private void End(byte bracket)
    {
        bool empty = _empty[^1];
        _empty.RemoveAt(_empty.Count - 1);
        if (!empty)
        {
            NewLine();
        }

        to.Write(bracket);
    }

    // What stands before a value or a name: a comma but for the first, and the line's indentation.
    private void Separate()
    {
        if (_afterName)
        {
            _afterName = false;
            return;
        }

        if (_empty.Count == 0)
        {
            return;
        }

        if (!_empty[^1])
        {
            to.Write((byte)',');
        }

        _empty[^1] = false;
        NewLine();
    }

    private void NewLine()
    {
        if (!indented)
        {
            return;
        }

        to.Write((byte)'\n');
        for (int i = 0; i < _empty.Count; i++)
        {
            to.Write("  "u8);
        }
    }

    /// <summary>Writes a text in its quotes.</summary>
    /// <exception cref="FormatsException">It is not valid UTF-8.</exception>
    public static void Text(ByteBuffer to, ReadOnlySpan<byte> text)
    {
        if (!Utf8.IsValid(text))
        {
            throw new FormatsException("JSON serialization error: a string is not valid UTF-8");
        }

        to.Write((byte)'"');
        foreach (byte b in text)
        {
            switch (b)
            {
                case (byte)'"' or (byte)'\\':
                    to.Write((byte)'\\');
                    to.Write(b);
                    break;
                case (byte)'\n':
                    to.Write("\\n"u8);
                    break;
                case (byte)'\r':
                    to.Write("\\r"u8);
                    break;
                case (byte)'\t':
                    to.Write("\\t"u8);
                    break;
                case (byte)'\b':
                    to.Write("\\b"u8);
                    break;
                case (byte)'\f':
                    to.Write("\\f"u8);
                    break;
                case < 0x20:
                    to.WriteAscii(string.Create(CultureInfo.InvariantCulture, $"\\u{(int)b:x4}"));
                    break;
                default:
                    to.Write(b);
                    break;
            }
        }

        to.Write((byte)'"');
    }

    /// <summary>A number with its shortest digits and a point or an exponent.</summary>
    public static string Format(double number)
    {
        if (!double.IsFinite(number))
        {
            return "null";
        }

        if (number == 0)
        {
            return double.IsNegative(number) ? "-0.0" : "0.0";
        }

        string text = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture);
        int mark = text.IndexOf('E', StringComparison.Ordinal);
        int exponent = mark < 0 ? 0 : int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        string mantissa = mark < 0 ? text : text[..mark];
        int point = mantissa.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? mantissa : mantissa[..point];
        string all = whole + (point < 0 ? "" : mantissa[(point + 1)..]);

        // The number is 0.digits times ten to the power of `places`.
        int leading = all.Length - all.TrimStart('0').Length;
        string digits = all.Trim('0');
        int places = whole.Length + exponent - leading;
        string sign = number < 0 ? "-" : "";
        if (places is > 15 or <= -4)
        {
            string scientific = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
            return string.Create(CultureInfo.InvariantCulture, $"{sign}{scientific}e{(places - 1 < 0 ? '-' : '+')}{Math.Abs(places - 1):00}");
        }

        return places <= 0 ? $"{sign}0.{new string('0', -places)}{digits}"
            : digits.Length <= places ? $"{sign}{digits.PadRight(places, '0')}.0"
            : $"{sign}{digits[..places]}.{digits[places..]}";
    }
}
