using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Firn.Flakes.Locking;

namespace Firn.Flakes;

/// <summary>Fetches flakes and reads them.</summary>
internal sealed class FlakeFetcher(Evaluator ev, EvalStore store)
{
    private readonly FlakeReader _reader = new(ev, store);

    /// <summary>An input in the store.</summary>
    /// <param name="Resolved">What the registries say it means.</param>
    /// <param name="Locked">Exactly what was fetched.</param>
    /// <param name="Extra">What the registries say beyond that.</param>
    internal readonly record struct Tree(Input Resolved, Input Locked, InputAttributes Extra, string Path);

    /// <summary>Puts an input into the store.</summary>
    /// <exception cref="EvalError">It cannot be fetched, or no registry knows it.</exception>
    public Tree Fetch(Input input, RegistryUse registries)
    {
        Input resolved = input;
        InputAttributes extra = new();
        if (!input.IsDirect)
        {
            (resolved, extra) = registries == RegistryUse.None
                ? throw new EvalError(EvalErrorKind.Error, $"'{input.ToString()}' is an indirect flake reference, but registry lookups are not allowed")
                : FlakeErrors.Checked(() => store.Fetcher.Registries.Resolve(input, registries));
        }

        FetchedInput fetched = store.FetchInput(resolved);
        return new Tree(resolved, fetched.Input, extra, store.Options.StoreDir.Print(fetched.Path));
    }

    /// <summary>Fetches a flake and reads it.</summary>
    /// <exception cref="EvalError">It cannot be fetched, or is no flake.</exception>
    public Flake Get(FlakeReference reference, RegistryUse registries, InputPath path)
    {
        Tree tree = Fetch(reference.Input, registries);
        string directory = tree.Extra.FindText("dir") ?? reference.Directory;
        FlakeReference resolved = new(tree.Resolved, directory), locked = new(tree.Locked, directory);
        RequireFile(tree, directory);
        Flake flake = _reader.Read(reference, resolved, locked, tree.Path, path);
        Input again = WithSelfAttributes(tree.Locked, flake);
        if (again.Attributes.Equals(tree.Locked.Attributes))
        {
            return flake;
        }

        // The flake wants the tree of the same revision to be fetched in another way, so the hash was that of another tree.
        again = again.Without("narHash").Without(Input.FinalAttribute);
        store.Options.Debug?.Invoke($"refetching input '{again}' due to self attribute");
        tree = Fetch(again, RegistryUse.None);
        return _reader.Read(reference, resolved, new FlakeReference(tree.Locked, directory), tree.Path, path);
    }

    // Where Git does not have the file, users want to know that it is Git's doing.
    private void RequireFile(Tree tree, string directory)
    {
        string file = tree.Path + (directory.Length == 0 ? "" : "/" + directory) + "/flake.nix";
        if (tree.Resolved.Type == "git" && ev.Io.Lstat(Encoding.UTF8.GetBytes(file)) is null && store.MissingFile(file, reading: false) is { } missing)
        {
            throw missing;
        }
    }

    /// <summary>Reads a flake that lies beside another one.</summary>
    /// <param name="tree">Where a relative reference leads, absolute.</param>
    /// <exception cref="EvalError">There is none.</exception>
    public Flake GetRelative(FlakeReference reference, string tree, InputPath path)
    {
        if (!ev.Options.PureEval)
        {
            // It must not lead out of what is in the store; pure evaluation forbids that by itself.
            _ = store.Options.StoreDir.Split(tree);
        }

        return _reader.Read(reference, reference, reference, tree, path);
    }

    private static Input WithSelfAttributes(Input input, Flake flake)
    {
        foreach ((string name, InputValue value) in flake.SelfAttributes)
        {
            input = name is "submodules" or "lfs"
                ? input with { Attributes = input.Attributes.With(name, value) }
                : throw new EvalError(EvalErrorKind.Error, $"flake 'self' attribute '{name}' is not supported");
        }

        return input;
    }
}
