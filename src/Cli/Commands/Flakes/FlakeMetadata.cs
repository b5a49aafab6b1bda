using System;
using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Fetchers.Inputs;
using Firn.Flakes;
using Firn.Flakes.Locking;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Flakes;

/// <summary><c>nix flake metadata</c>: where a flake is, exactly which one, and what its inputs are.</summary>
/// <param name="oldName">Whether it was called as <c>nix flake info</c>.</param>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake-metadata</remarks>
internal sealed class FlakeMetadata : FlakeCommand
{
    private const string Bold = "\e[1m", Normal = "\e[0m";

    private readonly JsonFlags _json = new();
    private readonly bool _oldName;

    public FlakeMetadata(bool oldName)
    {
        _oldName = oldName;
        _json.Declare(Flags);
    }

    public override string Description => "show flake metadata";

    protected override int Run(CommandContext context, EvaluationSession session, IStore store)
    {
        if (_oldName)
        {
            context.Warn("'nix flake info' is a deprecated alias for 'nix flake metadata'");
        }

        LockedFlake locked = session.Flakes.Lock(Reference(context, session), Options(context, session));
        (StorePath tree, _) = session.Store.Options.StoreDir.Split(locked.Flake.Folder);
        string path = session.Store.Options.StoreDir.Print(tree);
        if (_json.Json)
        {
            ByteBuffer text = new();
            WriteJson(new JsonTextWriter(text, _json.Pretty), locked, path);
            context.WriteLine(text.Span);
        }
        else
        {
            context.WriteLine(Describe(locked, path).TrimEnd('\n'));
        }

        return 0;
    }

    private static void WriteJson(JsonTextWriter json, LockedFlake locked, string path)
    {
        Flake flake = locked.Flake;
        Input input = flake.Locked.Input;
        json.BeginObject();
        Text("description", flake.Description);
        Text("dirtyRevision", input.Attributes.FindText("dirtyRev"));
        Text("fingerprint", locked.Fingerprint());
        Number("lastModified", input.LastModified);
        json.Name("locked");
        flake.Locked.ToAttributes().WriteTo(json);
        json.Name("locks");
        LockFileWriter.Write(locked.LockFile, json);
        json.Name("original");
        flake.Original.ToAttributes().WriteTo(json);
        Text("originalUrl", flake.Original.ToString());
        Text("path", path);
        json.Name("resolved");
        flake.Resolved.ToAttributes().WriteTo(json);
        Text("resolvedUrl", flake.Resolved.ToString());
        Number("revCount", input.RevCount);
        Text("revision", input.RevText);
        Text("url", flake.Locked.ToString());
        json.EndObject();

        void Text(string name, string? value)
        {
            if (value is not null)
            {
                json.Name(name);
                json.String(value);
            }
        }

        void Number(string name, ulong? value)
        {
            if (value is { } number)
            {
                json.Name(name);
                json.Number((long)number);
            }
        }
    }

    private static string Describe(LockedFlake locked, string path)
    {
        Flake flake = locked.Flake;
        Input input = flake.Locked.Input;
        StringBuilder text = new();
        Line("Resolved URL", flake.Resolved.ToString());
        Line("Locked URL", input.IsLocked ? flake.Locked.ToString() : null);
        Line("Description", flake.Description);
        Line("Path", path);
        Line("Revision", input.RevText);
        Line("Revision", input.Attributes.FindText("dirtyRev"));
        Line("Revisions", input.RevCount?.ToString(CultureInfo.InvariantCulture));
        Line("Last modified", input.LastModified is { } time ? Time(time).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : null);
        Line("Fingerprint", locked.Fingerprint());
        if (locked.LockFile.Root.Inputs.Count > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{Bold}Inputs:{Normal}\n");
            AddInputs(text, locked.LockFile.Root, "", [locked.LockFile.Root]);
        }

        return text.ToString();

        void Line(string name, string? value)
        {
            if (value is not null)
            {
                text.Append(CultureInfo.InvariantCulture, $"{Bold}{name}:{Normal}{new string(' ', 14 - name.Length)}{value}\n");
            }
        }
    }

    // The inputs of a node as a tree; each node is entered once.
    private static void AddInputs(StringBuilder text, LockNode node, string indent, HashSet<LockNode> visited)
    {
        int left = node.Inputs.Count;
        foreach ((string name, LockEdge edge) in node.Inputs)
        {
            left--;
            text.Append(CultureInfo.InvariantCulture, $"{indent}{(left == 0 ? "└───" : "├───")}{Bold}{name}{Normal}");
            switch (edge)
            {
                case LockEdge.To { Node: { } input }:
                    string modified = input.Locked.Input.LastModified is { } time ? Time(time).ToString(" (yyyy-MM-dd HH:mm:ss)", CultureInfo.InvariantCulture) : "";
                    text.Append(CultureInfo.InvariantCulture, $": {input.Locked}{modified}\n");
                    if (visited.Add(input))
                    {
                        AddInputs(text, input, indent + (left == 0 ? "    " : "│   "), visited);
                    }

                    break;
                case LockEdge.Follows follows:
                    text.Append(CultureInfo.InvariantCulture, $" follows input '{follows.Path}'\n");
                    break;
            }
        }
    }

    private static DateTime Time(ulong seconds) => DateTimeOffset.FromUnixTimeSeconds((long)seconds).UtcDateTime;
}
