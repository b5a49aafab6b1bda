using System;
using System.Collections.Generic;
using System.Globalization;
using Firn.Cli.Arguments;
using Firn.Formats.Json;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix store gc</c>: deletes what nothing needs; with more flags than Nix has, only what was not needed for long.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-gc; docs/store/garbage.md</remarks>
internal sealed class StoreGc : StoreCommand
{
    private readonly JsonFlags _json = new();
    private bool _dryRun, _list;
    private ulong _max = ulong.MaxValue;
    private long? _olderThan;
    private int? _keepRecent;

    public StoreGc()
    {
        Flags.Add("max", "Stop after freeing *n* bytes of disk space. Cannot be combined with --dry-run.", "n", n => _max = UnitNumber.Parse(n));
        Flags.Add("dry-run", "Show what this command would do without doing it.", () => _dryRun = true);
        Flags.Add("older-than", "Delete only what was not registered or used since *age*, such as `12h`, `30d` or `8w`.", "age", a => _olderThan = ParseAge(a));
        Flags.Add("keep-recent", "Keep the *n* most recently used of the paths that no other garbage refers to, and what they need.", "n", n => _keepRecent = (int)Math.Min(UnitNumber.Parse(n), int.MaxValue));
        Flags.Add("list", "With `--dry-run`: list what would be deleted, with the space that it frees and when it was used last.", () => _list = true);
        _json.Declare(Flags);
    }

    public override string Description => "perform garbage collection on a Nix store";

    protected override int Run(CommandContext context, IStore store)
    {
        if (_max != ulong.MaxValue && _dryRun)
        {
            throw CliException.Usage("options --max and --dry-run cannot be combined");
        }

        if (!_dryRun && (_list || _json.Json))
        {
            throw CliException.Usage("options --list and --json need --dry-run");
        }

        ICollector collector = store.Require<ICollector>("Garbage collection");
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        RetentionPolicy policy = new() { UsedSince = now - _olderThan, KeepRecent = _keepRecent };
        CollectorRequest request = new()
        {
            Action = _dryRun ? CollectorAction.ReturnDead : CollectorAction.DeleteDead,
            MaxFreed = _max,
            Keeps = policy.IsEmpty ? null : policy.Decide(store.Require<LocalStore>("Collecting by age"), now),
        };
        if (!_dryRun)
        {
            NixStoreCollect.Run(context, collector, request);
            return 0;
        }

        CollectorResult result = new();
        collector.Collect(request, result);
        if (!_list && !_json.Json && policy.IsEmpty)
        {
            context.WriteLine($"{result.Paths.Count} store paths would be deleted");
        }
        else
        {
            Show(context, store.Require<LocalStore>("Listing garbage"), [.. result.Paths]);
        }

        return 0;
    }

    private void Show(CommandContext context, LocalStore store, List<string> paths)
    {
        IReadOnlyList<ulong> sizes = store.Reclaimable(paths);
        ulong total = 0;
        foreach (ulong size in sizes)
        {
            total += size;
        }

        if (_json.Json)
        {
            ByteBuffer text = new();
            JsonTextWriter json = new(text, _json.Pretty);
            json.BeginObject();
            json.Name("bytesFreed");
            json.Number((long)total);
            json.Name("paths");
            json.BeginObject();
            for (int i = 0; i < paths.Count; i++)
            {
                json.Name(paths[i]);
                json.BeginObject();
                json.Name("bytesFreed");
                json.Number((long)sizes[i]);
                json.Name("lastUse");
                if (LastUse(store, paths[i]) is long used)
                {
                    json.Number(used);
                }
                else
                {
                    json.Null();
                }

                json.EndObject();
            }

            json.EndObject();
            json.EndObject();
            context.WriteLine(text.Span);
            return;
        }

        for (int i = 0; i < paths.Count; i++)
        {
            string used = LastUse(store, paths[i]) is long time ? DateTimeOffset.FromUnixTimeSeconds(time).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "not valid ";
            context.WriteLine($"{ByteSize.Render((long)sizes[i]),10}  {used}  {paths[i]}");
        }

        context.WriteLine($"{paths.Count} store paths would be deleted, {ByteSize.Render((long)total)} would be freed");
    }

    private static long? LastUse(LocalStore store, string path) =>
        store.StoreDir.TryParse(path, out StorePath parsed) && store.IsValid(parsed) ? store.LastUse(parsed) : null;

    /// <summary>Seconds of a number with s, m, h, d or w behind it.</summary>
    /// <exception cref="CliException">It is none.</exception>
    private static long ParseAge(string text)
    {
        long unit = text.Length < 2 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, 'w' => 7 * 86400, _ => 0 };
        return unit != 0 && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            ? number * unit
            : throw CliException.Usage($"'{text}' is not an age; write a number with s, m, h, d or w, such as 30d");
    }
}
