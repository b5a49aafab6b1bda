using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands;

/// <summary><c>nix-collect-garbage</c>: deletes old generations, where asked, and what nothing needs.</summary>
/// <remarks>Nix manual, command-ref/nix-collect-garbage</remarks>
internal sealed class NixCollectGarbage : ICommand
{
    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        bool removeOld = false, dryRun = false;
        string? olderThan = null;
        CollectorRequest request = new();
        ArgumentReader reader = new(arguments);
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "--delete-old" or "-d":
                    removeOld = true;
                    break;
                case "--delete-older-than":
                    removeOld = true;
                    olderThan = reader.Value();
                    break;
                case "--dry-run":
                    dryRun = true;
                    break;
                case "--max-freed":
                    request = request with { MaxFreed = NixStoreCollect.ParseMaxFreed("--max-freed", reader.Value()) };
                    break;
                default:
                    if (!reader.IsFlag || !CommonFlags.Handle(context, reader))
                    {
                        throw reader.IsFlag ? CliException.UnknownFlag(reader.Current) : CliException.Usage($"unexpected argument '{reader.Current}'");
                    }

                    break;
            }
        }

        if (request.MaxFreed != ulong.MaxValue && dryRun)
        {
            throw CliException.Usage("options --max-freed and --dry-run cannot be combined");
        }

        using ILocalFsStore store = StoreOpening.Open(context);
        if (removeOld)
        {
            long? before = olderThan is null ? null : Profile.ParseOlderThan(olderThan, DateTimeOffset.UtcNow);
            SortedSet<string> directories = new(StringComparer.Ordinal)
            {
                Path.Combine(store.StateDir, "profiles"),
                ProfileDirectories.User(store),
                Path.GetDirectoryName(ProfileDirectories.Default(context, store))!,
            };
            foreach (string directory in directories)
            {
                RemoveOld(context, directory, before, dryRun);
            }
        }

        if (dryRun)
        {
            CollectorResult result = new();
            store.Collect(request with { Action = CollectorAction.ReturnDead }, result);
            context.WriteLine($"{result.Paths.Count} store paths would be deleted");
        }
        else
        {
            NixStoreCollect.Run(context, store, request);
        }

        return 0;
    }

    private static void RemoveOld(CommandContext context, string directory, long? before, bool dryRun)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }

        foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is string target)
            {
                // A profile is a link to one of its generations, whose names say so.
                if (target.Contains("link", StringComparison.Ordinal))
                {
                    context.Note($"removing old generations of profile {entry.FullName}");
                    Profile profile = new(entry.FullName, context.Note);
                    if (before is long time)
                    {
                        profile.DeleteOlderThan(time, dryRun);
                    }
                    else
                    {
                        profile.DeleteOld(dryRun);
                    }
                }
            }
            else if (entry is DirectoryInfo)
            {
                RemoveOld(context, entry.FullName, before, dryRun);
            }
        }
    }
}
