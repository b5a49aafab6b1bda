using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Formats.Nar;
using Firn.Store.Objects;

namespace Firn.Cli.Commands;

/// <summary><c>nix nar cat</c>: the contents of a file in a NAR.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-nar-cat</remarks>
internal sealed class NarCat : NixCommand
{
    private string _nar = "", _path = "";

    public NarCat()
    {
        Expect("nar", n => _nar = n, completer: Completions.Files);
        Expect("path", p => _path = p);
    }

    public override string Description => "print the contents of a file inside a NAR file on stdout";

    public override int Run(CommandContext context)
    {
        using Stream nar = NarFile.Open(_nar);
        FileWriter writer = new(context, ObjectFiles.Canonical(_path));
        // To its end, though the file may come early: what is no NAR is an error.
        NarReader.Read(nar, writer);
        return writer.Found ? 0 : throw new CliException($"NAR does not contain regular file '{_path}'");
    }

    /// <summary>Hands on the contents of one file.</summary>
    private sealed class FileWriter(CommandContext context, byte[] wanted) : INarSink
    {
        private readonly Stack<byte[]> _directories = new();
        private byte[] _path = [];
        private bool _writing;

        public bool Found { get; private set; }

        public void BeginRegular(bool executable, long size)
        {
            _writing = _path.AsSpan().SequenceEqual(wanted);
            Found |= _writing;
        }

        public void Contents(ReadOnlySpan<byte> data)
        {
            if (_writing)
            {
                context.Write(data);
            }
        }

        public void EndRegular() => _writing = false;

        public void Symlink(ReadOnlySpan<byte> target)
        {
        }

        public void BeginDirectory() => _directories.Push(_path);

        public void Entry(ReadOnlySpan<byte> name) => _path = ObjectFiles.Join(_directories.Peek(), name);

        public void EndDirectory() => _directories.Pop();
    }
}
