using System;
using Firn.Formats.Sinks;

namespace Firn.Cli.Wiring;

/// <summary>The standard output of a command as a sink.</summary>
internal sealed class OutputSink(CommandContext context) : IByteSink
{
    public void Write(ReadOnlySpan<byte> data) => context.Write(data);
}
