using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix path-info</c>: what the store knows about paths.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-path-info and protocols/json/store-object-info</remarks>
internal sealed class NixPathInfo : ICommand
{
    private bool _all, _recursive, _json, _size, _closureSize, _human, _signatures, _stdin;
    private int? _format;

    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        List<string> named = [];
        ArgumentReader reader = new(arguments);
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "--all":
                    _all = true;
                    break;
                case "--recursive" or "-r":
                    _recursive = true;
                    break;
                case "--json":
                    _json = true;
                    break;
                case "--json-format":
                    _format = reader.Value() switch
                    {
                        "1" => 1,
                        "2" => 2,
                        string other => throw new CliException($"unsupported path info JSON format version {other}; supported versions are 1 and 2"),
                    };
                    break;
                case "--size" or "-s":
                    _size = true;
                    break;
                case "--closure-size" or "-S":
                    _closureSize = true;
                    break;
                case "--human-readable" or "-h":
                    _human = true;
                    break;
                case "--stdin":
                    named.AddRange(Console.In.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
                    _stdin = true;
                    break;
                case "--sigs":
                    _signatures = true;
                    break;
                default:
                    if (!reader.IsFlag)
                    {
                        named.Add(reader.Current);
                    }
                    else if (!CommonFlags.Handle(context, reader))
                    {
                        throw CliException.UnknownFlag(reader.Current);
                    }

                    break;
            }
        }

        using LocalStore store = StoreOpening.Open(context);
        IReadOnlyList<StorePath> paths = Paths(store, named);
        if (_json)
        {
            if (_format is null)
            {
                context.Warn("'--json' without '--json-format' is deprecated; please specify '--json-format 1' or '--json-format 2'. This will become an error in a future release.");
            }

            context.WriteLine(Json(store, paths, _format ?? 1));
        }
        else
        {
            Print(context, store, paths);
        }

        return 0;
    }

    private IReadOnlyList<StorePath> Paths(LocalStore store, List<string> named)
    {
        if (_all)
        {
            return named.Count == 0 ? store.AllValid() : throw new CliException("'--all' does not expect arguments", hint: "Try 'nix --help' for more information.");
        }

        if (named.Count == 0 && !_stdin)
        {
            throw new CliException("a store path is expected", hint: "Name paths, or use '--all'.");
        }

        List<StorePath> paths = named.ConvertAll(argument => StorePathArgument.Follow(store.StoreDir, argument));
        if (!_recursive)
        {
            return paths;
        }

        // What is referred to comes first.
        List<StorePath> order = store.SortTopologically(store.Closure(paths));
        order.Reverse();
        return order;
    }

    private static ulong ClosureSize(LocalStore store, StorePath path)
    {
        ulong size = 0;
        foreach (StorePath each in store.Closure([path]))
        {
            size += store.Get(each).NarSize;
        }

        return size;
    }

    private void Print(CommandContext context, LocalStore store, IReadOnlyList<StorePath> paths)
    {
        int width = 0;
        foreach (StorePath path in paths)
        {
            width = Math.Max(width, store.StoreDir.Print(path).Length);
        }

        foreach (StorePath path in paths)
        {
            PathInfo info = store.Get(path);
            StringBuilder line = new(store.StoreDir.Print(path));
            if (_size || _closureSize || _signatures)
            {
                line.Append(' ', width - line.Length);
            }

            if (_size)
            {
                line.Append('\t').Append(Size(info.NarSize));
            }

            if (_closureSize)
            {
                line.Append('\t').Append(Size(ClosureSize(store, path)));
            }

            if (_signatures)
            {
                List<string> words = [];
                if (info.Ultimate)
                {
                    words.Add("ultimate");
                }

                if (info.ContentAddress is ContentAddress address)
                {
                    words.Add("ca:" + address);
                }

                words.AddRange(info.Signatures);
                line.Append('\t').AppendJoin(' ', words);
            }

            context.WriteLine(line.ToString());
        }
    }

    private string Size(ulong bytes) => _human ? ByteSize.Render((long)bytes).PadLeft(10) : bytes.ToString(CultureInfo.InvariantCulture).PadLeft(11);

    private string Json(LocalStore store, IReadOnlyList<StorePath> paths, int format)
    {
        using MemoryStream text = new();
        using (Utf8JsonWriter writer = new(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            if (format == 2)
            {
                writer.WriteStartObject("info");
            }

            foreach (StorePath path in new SortedSet<StorePath>(paths))
            {
                writer.WritePropertyName(format == 1 ? store.StoreDir.Print(path) : path.BaseName);
                if (store.Find(path) is PathInfo info)
                {
                    Write(writer, store, info, format);
                }
                else
                {
                    writer.WriteNullValue();
                }
            }

            if (format == 2)
            {
                writer.WriteEndObject();
                writer.WriteString("storeDir", store.StoreDir.Path);
                writer.WriteNumber("version", 2);
            }

            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    // Names in order of bytes.
    private void Write(Utf8JsonWriter writer, LocalStore store, PathInfo info, int format)
    {
        string Path(StorePath path) => format == 1 ? store.StoreDir.Print(path) : path.BaseName;
        writer.WriteStartObject();
        if (info.ContentAddress is not ContentAddress address)
        {
            writer.WriteNull("ca");
        }
        else if (format == 1)
        {
            writer.WriteString("ca", address.ToString());
        }
        else
        {
            writer.WriteStartObject("ca");
            writer.WriteString("hash", address.Hash.ToString());
            writer.WriteString("method", address.Method.Name());
            writer.WriteEndObject();
        }

        if (_closureSize)
        {
            writer.WriteNumber("closureSize", ClosureSize(store, info.Path));
        }

        if (info.Deriver is StorePath deriver)
        {
            writer.WriteString("deriver", Path(deriver));
        }
        else
        {
            writer.WriteNull("deriver");
        }

        writer.WriteString("narHash", info.NarHash.ToString(HashFormat.Sri, true));
        writer.WriteNumber("narSize", info.NarSize);
        writer.WriteStartArray("references");
        foreach (StorePath reference in info.References)
        {
            writer.WriteStringValue(Path(reference));
        }

        writer.WriteEndArray();
        writer.WriteNumber("registrationTime", info.RegistrationTime);
        writer.WriteStartArray("signatures");
        foreach (string signature in info.Signatures)
        {
            writer.WriteStringValue(signature);
        }

        writer.WriteEndArray();
        writer.WriteString("storeDir", store.StoreDir.Path);
        writer.WriteBoolean("ultimate", info.Ultimate);
        writer.WriteNumber("version", format);
        writer.WriteEndObject();
    }
}
