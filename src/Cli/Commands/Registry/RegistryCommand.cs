using System;
using System.IO;
using Firn.Cli.Wiring;
using Firn.Eval.Store;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Flakes;
using Firn.Store;

namespace Firn.Cli.Commands.Registry;

/// <summary>A command of <c>nix registry</c>.</summary>
internal abstract class RegistryCommand : NixCommand
{
    private string? _path;

    /// <param name="writes">Whether it changes a registry, which a flag may name.</param>
    protected RegistryCommand(bool writes)
    {
        if (writes)
        {
            Flags.Add("registry", "The registry to operate on.", "registry", p => _path = p);
        }
    }

    public sealed override int Run(CommandContext context)
    {
        using ILocalFsStore store = StoreOpening.Open(context);
        EvaluationSession session = new(context, Evaluation, store);
        return Run(context, session.Store);
    }

    /// <summary>Flags about evaluation, where the command has them.</summary>
    protected Arguments.EvaluationFlags Evaluation { get; } = new();

    protected abstract int Run(CommandContext context, EvalStore store);

    /// <summary>The reference of an argument; a relative path means nothing in a registry.</summary>
    protected static FlakeReference Parse(EvalStore store, string text) => FlakeReference.Parse(store.Inputs, text);

    /// <summary>Changes the registry that is meant, and writes it.</summary>
    protected void Change(CommandContext context, EvalStore store, Action<Fetchers.Fetching.Registry> change)
    {
        string path = _path ?? FlakeWiring.UserRegistry(Environment.GetEnvironmentVariable) ?? throw new CliException("cannot determine user's home directory");
        Fetchers.Fetching.Registry registry = Fetchers.Fetching.Registry.Read(
            _path is null ? RegistryKind.User : RegistryKind.Custom, Path.GetFullPath(path), store.Inputs, context.Warn);
        change(registry);
        registry.Write(path);
    }

    /// <summary>What a registry says beyond an input for the directory of a reference.</summary>
    protected static InputAttributes Extra(FlakeReference reference) => FlakeWiring.Extra(reference);
}
