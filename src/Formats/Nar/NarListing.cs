using System.Collections.Generic;
using Firn.Formats.Json;
using Firn.Formats.Sinks;

namespace Firn.Formats.Nar;

/// <summary>Listings of store objects as JSON: what <c>nix nar ls --json</c> prints and <c>.ls</c> files of binary caches hold.</summary>
/// <remarks>Nix manual, protocols/json/file-system-object</remarks>
public static class NarListing
{
    /// <summary>The text of a <c>.ls</c> file.</summary>
    public static byte[] ToListingFile(NarNode root)
    {
        ByteBuffer text = new();
        JsonTextWriter json = new(text);
        json.BeginObject();
        json.Name("root");
        Write(json, root, recursive: true);
        json.Name("version");
        json.Number(1);
        json.EndObject();
        return text.ToArray();
    }

    /// <summary>One file; of entries what is below, or with <paramref name="recursive"/> false their names alone.</summary>
    public static void Write(JsonTextWriter json, NarNode node, bool recursive)
    {
        json.BeginObject();
        if (node.Facts.Kind == NarKind.Directory)
        {
            json.Name("entries");
            json.BeginObject();
            foreach (KeyValuePair<byte[], NarNode> entry in node.Entries)
            {
                json.Name(entry.Key);
                if (recursive)
                {
                    Write(json, entry.Value, true);
                }
                else
                {
                    json.BeginObject();
                    json.EndObject();
                }
            }

            json.EndObject();
        }

        WriteFacts(json, node.Facts);
        json.EndObject();
    }

    /// <summary>The members of one file but for entries, after which they come in order.</summary>
    public static void WriteFacts(JsonTextWriter json, NarFacts facts)
    {
        switch (facts.Kind)
        {
            case NarKind.Directory:
                json.Name("type");
                json.String("directory");
                break;
            case NarKind.Regular:
                if (facts.Executable)
                {
                    json.Name("executable");
                    json.Bool(true);
                }

                if (facts.Offset > 0)
                {
                    json.Name("narOffset");
                    json.Number(facts.Offset);
                }

                json.Name("size");
                json.Number(facts.Size);
                json.Name("type");
                json.String("regular");
                break;
            case NarKind.Symlink:
                json.Name("target");
                json.String(facts.Target.Span);
                json.Name("type");
                json.String("symlink");
                break;
        }
    }
}
