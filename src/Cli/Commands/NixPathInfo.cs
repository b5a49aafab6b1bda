using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Rendering;
using Firn.Formats.Hashing;
using Firn.Formats.Json;
using Firn.Formats.NarInfo;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.BinaryCache;
using Firn.Store.Graphs;

namespace Firn.Cli.Commands;

/// <summary><c>nix path-info</c>: what the store knows about paths.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-path-info and protocols/json/store-object-info</remarks>
internal sealed class NixPathInfo : StorePathsCommand
{
    private readonly JsonFlags _json = new();
    private bool _size, _closureSize, _human, _signatures, _closureTree;
    private int? _format;

    public NixPathInfo()
        : base(recursive: false)
    {
        _json.Declare(Flags);
        Flags.Add("size", 's', "Print the size of the NAR serialisation of each path.", () => _size = true);
        Flags.Add("closure-size", 'S', "Print the sum of the sizes of the NAR serialisations of the closure of each path.", () => _closureSize = true);
        Flags.Add("human-readable", 'h', "With `-s` and `-S`, print sizes in a human-friendly format such as `5.67G`.", () => _human = true);
        Flags.Add("sigs", "Show signatures.", () => _signatures = true);
        Flags.Add("closure-tree", "Print which path of the closure alone keeps which others, with the space that would go with each.", () => _closureTree = true);
        Flags.Add("json-format", "JSON format version to use (1 or 2).", "version", v => _format = v switch
        {
            "1" => 1,
            "2" => 2,
            _ => throw new CliException($"unsupported path info JSON format version {v}; supported versions are 1 and 2"),
        });
    }

    public override string Description => "query information about store paths";

    protected override int Run(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
    {
        if (_closureTree)
        {
            ClosureTreePrinter tree = new(store.StoreDir, ClosureGraph.Of(store, paths));
            if (_json.Json)
            {
                tree.PrintJson(context, _json.Pretty);
            }
            else
            {
                tree.Print(context);
            }
        }
        else if (_json.Json)
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

    private static ulong ClosureSize(IStore store, StorePath path)
    {
        ulong size = 0;
        foreach (StorePath each in store.Closure([path]))
        {
            size += store.Get(each).NarSize;
        }

        return size;
    }

    private static ulong DownloadSize(BinaryCacheStore store, StorePath path)
    {
        ulong size = 0;
        foreach (StorePath each in store.Closure([path]))
        {
            size += store.FindInfo(each)?.FileSize ?? throw new StoreException($"Missing .narinfo for dep {store.StoreDir.Print(each)} of {store.StoreDir.Print(path)}");
        }

        return size;
    }

    private void Print(CommandContext context, IStore store, IReadOnlyList<StorePath> paths)
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

    private byte[] Json(IStore store, IReadOnlyList<StorePath> paths, int format)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text, _json.Pretty);
        json.BeginObject();
        if (format == 2)
        {
            json.Name("info");
            json.BeginObject();
        }

        foreach (StorePath path in new SortedSet<StorePath>(paths))
        {
            PathInfo? info = store.Find(path);
            // A store that was asked for all it has may know the names only now.
            StorePath named = info?.Path ?? path;
            json.Name(format == 1 ? store.StoreDir.Print(named) : named.BaseName);
            if (info is null)
            {
                json.Null();
            }
            else
            {
                Write(json, store, info, format);
            }
        }

        if (format == 2)
        {
            json.EndObject();
            json.Name("storeDir");
            json.String(store.StoreDir.Path);
            json.Name("version");
            json.Number(2);
        }

        json.EndObject();
        return text.ToArray();
    }

    // Names in order of bytes.
    private void Write(JsonTextWriter json, IStore store, PathInfo info, int format)
    {
        string Show(StorePath path) => format == 1 ? store.StoreDir.Print(path) : path.BaseName;
        json.BeginObject();
        json.Name("ca");
        if (info.ContentAddress is not ContentAddress address)
        {
            json.Null();
        }
        else if (format == 1)
        {
            json.String(address.ToString());
        }
        else
        {
            json.BeginObject();
            json.Name("hash");
            json.String(address.Hash.ToString());
            json.Name("method");
            json.String(address.Method.Name());
            json.EndObject();
        }

        NarInfoFile? download = (store as BinaryCacheStore)?.FindInfo(info.Path);
        if (_closureSize)
        {
            if (download is not null)
            {
                json.Name("closureDownloadSize");
                json.Number((long)DownloadSize((BinaryCacheStore)store, info.Path));
            }

            json.Name("closureSize");
            json.Number((long)ClosureSize(store, info.Path));
        }

        if (download is { Compression.Length: > 0 })
        {
            json.Name("compression");
            json.String(download.Compression);
        }

        json.Name("deriver");
        if (info.Deriver is StorePath deriver)
        {
            json.String(Show(deriver));
        }
        else
        {
            json.Null();
        }

        if (download is { FileHash: Hash fileHash })
        {
            json.Name("downloadHash");
            json.String(fileHash.ToString(HashFormat.Sri, true));
        }

        if (download is { FileSize: > 0 })
        {
            json.Name("downloadSize");
            json.Number((long)download.FileSize);
        }

        json.Name("narHash");
        json.String(info.NarHash.ToString(HashFormat.Sri, true));
        json.Name("narSize");
        json.Number((long)info.NarSize);
        json.Name("references");
        json.BeginArray();
        foreach (StorePath reference in info.References)
        {
            json.String(Show(reference));
        }

        json.EndArray();
        json.Name("registrationTime");
        if (info.RegistrationTime == 0)
        {
            json.Null();
        }
        else
        {
            json.Number(info.RegistrationTime);
        }

        json.Name("signatures");
        json.BeginArray();
        foreach (string signature in info.Signatures)
        {
            json.String(signature);
        }

        json.EndArray();
        json.Name("storeDir");
        json.String(store.StoreDir.Path);
        json.Name("ultimate");
        json.Bool(info.Ultimate);
        if (download is { Url.Length: > 0 })
        {
            json.Name("url");
            json.String(download.Url);
        }

        json.Name("version");
        json.Number(format);
        json.EndObject();
    }
}
