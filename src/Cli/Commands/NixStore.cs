using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>What one operation of <c>nix-store</c> gets.</summary>
/// <param name="Flags">Flags of the operation itself, in order; values of flags that have one follow them.</param>
/// <param name="Arguments">What is no flag.</param>
/// <param name="Root">Absolute link of <c>--add-root</c>, or null.</param>
internal sealed record NixStoreCall(CommandContext Context, Lazy<ILocalFsStore> Opened, List<string> Flags, List<string> Arguments, string? Root, bool PrintsOutput, bool WarnsOfGc)
{
    /// <exception cref="CliException">There is one.</exception>
    public void RefuseFlags(string message = "unknown flag")
    {
        if (Flags.Count > 0)
        {
            throw NixStore.Usage(message);
        }
    }

    /// <exception cref="CliException">There is one; it is named.</exception>
    public void RefuseFlagsByName()
    {
        if (Flags.Count > 0)
        {
            throw NixStore.Usage($"unknown flag '{Flags[0]}'");
        }
    }

    /// <exception cref="CliException">There is one.</exception>
    public void RefuseArguments(string message = "no arguments expected")
    {
        if (Arguments.Count > 0)
        {
            throw NixStore.Usage(message);
        }
    }

    /// <summary>The store path that an argument leads to.</summary>
    /// <summary>The store of this machine, which not every operation needs.</summary>
    public ILocalFsStore Store => Opened.Value;

    public StorePath Follow(string argument) => StorePathArgument.Follow(Store.StoreDir, argument);
}

/// <summary><c>nix-store</c>: one of many operations on the store.</summary>
/// <remarks>Nix manual, command-ref/nix-store</remarks>
internal sealed class NixStore : ICommand
{
    private delegate int Operation(NixStoreCall call);

    /// <summary>A mistake in how it was called.</summary>
    public static CliException Usage(string message) => CliException.Usage(message);

    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        ArgumentReader reader = new(arguments);
        Operation? operation = null;
        List<string> flags = [];
        List<string> rest = [];
        string? root = null;
        bool stdin = false, printsOutput = true, warnsOfGc = true;
        while (reader.MoveNext())
        {
            string argument = reader.Current;
            if (!reader.IsFlag)
            {
                rest.Add(argument);
                continue;
            }

            if (Find(argument) is Operation found)
            {
                if (operation is not null && operation.Method != found.Method)
                {
                    throw Usage("only one operation may be specified");
                }

                operation = found;
                continue;
            }

            switch (argument)
            {
                case "--add-root":
                    root = Path.GetFullPath(reader.Value());
                    break;
                case "--indirect":
                    break;
                case "--no-output":
                    printsOutput = false;
                    break;
                case "--no-gc-warning":
                    warnsOfGc = false;
                    break;
                case "--stdin":
                    stdin = true;
                    break;
                case "--max-freed" or "--max-links" or "--max-atime":
                    flags.Add(argument);
                    flags.Add(reader.Value());
                    break;
                case "-d" or "-b" or "-u" or "-f" or "-R" or "--repair" or "--check" or "--dry-run":
                    flags.Add(argument);
                    break;
                default:
                    if (!CommonFlags.Handle(context, reader))
                    {
                        flags.Add(argument);
                    }

                    break;
            }
        }

        if (operation is null)
        {
            throw Usage("no operation specified");
        }

        if (stdin && Console.IsInputRedirected && operation.Method.Name is not (nameof(NixStoreTransfer.Import) or nameof(NixStoreTransfer.Restore) or nameof(NixStoreServe.Serve)))
        {
            rest.AddRange(Console.In.ReadToEnd().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        }

        Lazy<ILocalFsStore> store = new(() => StoreOpening.Open(context));
        try
        {
            return operation(new NixStoreCall(context, store, flags, rest, root, printsOutput, warnsOfGc));
        }
        finally
        {
            if (store.IsValueCreated)
            {
                store.Value.Dispose();
            }
        }
    }

    private static Operation? Find(string flag) => flag switch
    {
        "--realise" or "--realize" or "-r" => NixStoreRealise.Realise,
        "--add" or "-A" => NixStoreAdd.Add,
        "--add-fixed" => NixStoreAdd.AddFixed,
        "--print-fixed-path" => NixStoreAdd.PrintFixedPath,
        "--query" or "-q" => NixStoreQuery.Query,
        "--print-env" => NixStoreQuery.PrintEnvironment,
        "--read-log" or "-l" => NixStoreQuery.ReadLog,
        "--delete" => NixStoreCollect.Delete,
        "--gc" => NixStoreCollect.Collect,
        "--optimise" or "--optimize" => NixStoreCollect.Optimise,
        "--verify" => NixStoreVerify.Verify,
        "--verify-path" => NixStoreVerify.VerifyPath,
        "--repair-path" => NixStoreVerify.RepairPath,
        "--check-validity" => NixStoreVerify.CheckValidity,
        "--dump-db" => NixStoreTransfer.DumpDatabase,
        "--load-db" => NixStoreTransfer.LoadDatabase,
        "--register-validity" => NixStoreTransfer.RegisterValidity,
        "--dump" => NixStoreTransfer.Dump,
        "--restore" => NixStoreTransfer.Restore,
        "--export" => NixStoreTransfer.Export,
        "--import" => NixStoreTransfer.Import,
        "--init" => NixStoreTransfer.Init,
        "--serve" => NixStoreServe.Serve,
        "--generate-binary-cache-key" => NixStoreTransfer.GenerateBinaryCacheKey,
        _ => null,
    };
}
