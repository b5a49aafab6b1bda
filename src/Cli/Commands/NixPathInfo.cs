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
internal sealed class NixPathInfo : StorePathsCommand
{
    private readonly JsonFlags _json = new();
    private bool _size, _closureSize, _human, _signatures;
    private int? _format;

    public NixPathInfo()
        : base(recursive: false)
    {
        _json.Declare(Flags);
        Flags.Add("size", 's', "Print the size of the NAR serialisation of each path.", () => _size = true);
        Flags.Add("closure-size", 'S', "Print the sum of the sizes of the NAR serialisations of the closure of each path.", () => _closureSize = true);
        Flags.Add("human-readable", 'h', "With `-s` and `-S`, print sizes in a human-friendly format such as `5.67G`.", () => _human = true);
        Flags.Add("sigs", "Show signatures.", () => _signatures = true);
        Flags.Add("json-format", "JSON format version to use (1 or 2).", "version", v => _format = v switch
        {
            "1" => 1,
            "2" => 2,
            _ => throw CliException.Usage($"unsupported path info JSON format version {v}; supported versions are 1 and 2"),
        });
    }

    public override string Description => "query information about store paths";

    protected override int Run(CommandContext context, LocalStore store, IReadOnlyList<StorePath> paths)
    {
        if (_json.Json)
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
