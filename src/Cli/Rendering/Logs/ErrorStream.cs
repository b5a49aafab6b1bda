using System;
using System.IO;
using System.Text;
using Firn.Eval.Errors;

namespace Firn.Cli.Rendering.Logs;

/// <summary>The standard error, one write for each piece. That nobody reads it any more ends no work.</summary>
internal sealed class ErrorStream(Stream to)
{
    public ErrorStream()
        : this(StandardStream.Error)
    {
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            to.Write(bytes);
        }
        catch (IOException)
        {
            // As the field does: builds go on and are registered.
        }
    }

    /// <summary>A line of text that may hold bytes of sources (<see cref="MessageText"/>).</summary>
    public void WriteLine(string text) => Write(Encode(text + "\n"));

    public static byte[] Encode(string text) => MessageText.Encode(text);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
