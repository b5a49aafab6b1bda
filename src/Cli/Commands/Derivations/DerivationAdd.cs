using System.Collections.Generic;
using System.Text.Json;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Derivations;

/// <summary><c>nix derivation add</c>: makes a store derivation of JSON.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-derivation-add</remarks>
internal sealed class DerivationAdd : NixCommand
{
    private bool _dryRun;

    public DerivationAdd() => Flags.Add("dry-run", "Show what this command would do without doing it.", () => _dryRun = true);

    public override string Description => "Add a store derivation";

    public override int Run(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        Derivation derivation = Read(context, EvaluationSession.ReadStdin());
        Dictionary<StorePath, DerivationHash> known = [];
        derivation = DerivationOutputPaths.FillIn(derivation, store.StoreDir, HashOf);
        DerivationOutputPaths.Check(derivation, store.StoreDir, HashOf);
        ByteBuffer text = new();
        DerivationWriter.Write(derivation, store.StoreDir, text);
        string name = derivation.Name + StorePath.DerivationExtension;
        StorePath path = _dryRun || context.ReadOnly
            ? store.StoreDir.MakeText(name, Hash.Sha256(text.Span), derivation.References)
            : store.AddText(name, text.Span.ToArray(), derivation.References);
        context.WriteLine(store.StoreDir.Print(path));
        return 0;

        DerivationHash HashOf(StorePath input)
        {
            if (!known.TryGetValue(input, out DerivationHash? hash))
            {
                Derivation its = DerivationReader.Parse(store.ReadFile(input), input.DerivationName, store.StoreDir);
                hash = DerivationHash.Of(its, store.StoreDir, false, HashOf);
                known.Add(input, hash);
            }

            return hash;
        }
    }

    private static Derivation Read(CommandContext context, byte[] json)
    {
        try
        {
            return DerivationJsonReader.Read(json, context.Settings.RequireFeature);
        }
        catch (JsonException e)
        {
            throw new CliException($"parsing JSON: {e.Message}");
        }
        catch (JsonShapeException e)
        {
            EvalError error = new(EvalErrorKind.Error, e.Message, e);
            foreach (string frame in e.Trace)
            {
                error.AddTrace(new TraceFrame(default, frame, Always: true));
            }

            throw error;
        }
    }
}
