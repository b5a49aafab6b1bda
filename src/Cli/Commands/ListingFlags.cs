using System;
using System.Globalization;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Formats.Json;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Store.Objects;

namespace Firn.Cli.Commands;

/// <summary>What <c>nix store ls</c> and <c>nix nar ls</c> share: their flags, and the listing.</summary>
internal sealed class ListingFlags
{
    private readonly JsonFlags _json = new();
    private bool _recursive, _long, _directory;

    public void Declare(FlagTable flags)
    {
        flags.Add("recursive", 'R', "List subdirectories recursively.", () => _recursive = true);
        flags.Add("long", 'l', "Show detailed file information.", () => _long = true);
        flags.Add("directory", 'd', "Show directories rather than their contents.", () => _directory = true);
        _json.Declare(flags);
    }

    public void List(CommandContext context, IObjectFiles files, byte[] path)
    {
        if (_json.Json && _directory)
        {
            throw CliException.Usage("'--directory' is useless with '--json'");
        }

        NarFacts facts = files.Get(path);
        if (_json.Json)
        {
            ByteBuffer text = new();
            Write(new JsonTextWriter(text), files, path, facts);
            context.WriteLine(text.Span);
        }
        else if (facts.Kind == NarKind.Directory && !_directory)
        {
            Entries(context, files, path, "."u8.ToArray());
        }
        else
        {
            int slash = path.AsSpan().LastIndexOf((byte)'/');
            Line(context, files, path, facts, facts.Kind == NarKind.Directory ? "."u8.ToArray() : path[(slash + 1)..]);
        }
    }

    private void Entries(CommandContext context, IObjectFiles files, byte[] path, byte[] shown)
    {
        foreach (byte[] name in files.List(path))
        {
            byte[] inside = ObjectFiles.Join(path, name);
            Line(context, files, inside, files.Get(inside), ObjectFiles.Join(shown, name));
        }
    }

    private void Line(CommandContext context, IObjectFiles files, byte[] path, NarFacts facts, byte[] shown)
    {
        if (_long)
        {
            string mode = facts.Kind switch
            {
                NarKind.Directory => "dr-xr-xr-x",
                NarKind.Symlink => "lrwxrwxrwx",
                NarKind.Regular => facts.Executable ? "-r-xr-xr-x" : "-r--r--r--",
            };
            context.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{mode} {facts.Size,20} ")));
        }

        context.Write(shown);
        if (_long && facts.Kind == NarKind.Symlink)
        {
            context.Write(" -> "u8);
            context.Write(facts.Target.Span);
        }

        context.Write("\n"u8);
        if (_recursive && facts.Kind == NarKind.Directory)
        {
            Entries(context, files, path, shown);
        }
    }

    // As NarListing writes it, but reading directories as they are reached.
    private void Write(JsonTextWriter json, IObjectFiles files, byte[] path, NarFacts facts)
    {
        json.BeginObject();
        if (facts.Kind == NarKind.Directory)
        {
            json.Name("entries");
            json.BeginObject();
            foreach (byte[] name in files.List(path))
            {
                json.Name(name);
                if (_recursive)
                {
                    byte[] inside = ObjectFiles.Join(path, name);
                    Write(json, files, inside, files.Get(inside));
                }
                else
                {
                    json.BeginObject();
                    json.EndObject();
                }
            }

            json.EndObject();
        }

        NarListing.WriteFacts(json, facts);
        json.EndObject();
    }
}
