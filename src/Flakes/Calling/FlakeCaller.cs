using System.Collections.Generic;
using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Store;
using Firn.Eval.Store.Builtins;
using Firn.Eval.Values;
using Firn.Fetchers.Inputs;
using Firn.Flakes.Locking;
using Firn.Formats.StorePaths;

namespace Firn.Flakes.Calling;

/// <summary>
/// Calls the outputs of a locked flake with its inputs, which are called in turn when they are needed: what a lock file
/// names is fetched no earlier than that.
/// </summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-flake: "Flake format"</remarks>
internal sealed class FlakeCaller
{
    private readonly Evaluator _ev;
    private readonly EvalStore _store;
    private readonly LockedFlake _flake;
    private readonly FetchedTrees _trees;
    private readonly Dictionary<LockNode, Called> _called = [];
    private readonly Delayed<Called> _result;
    private readonly Delayed<Called> _outputs;
    private readonly Delayed<Called> _sourceInfo;
    private readonly Delayed<Called> _outPath;
    private readonly Delayed<InputPath> _followed;
    private readonly Symbol _inputs;
    private readonly Symbol _sourceInfoName;

    private FlakeCaller(Evaluator ev, EvalStore store, LockedFlake flake)
    {
        _ev = ev;
        _store = store;
        _flake = flake;
        _trees = new FetchedTrees(ev, store);
        _result = new Delayed<Called>(Result);
        _outputs = new Delayed<Called>(Outputs);
        _sourceInfo = new Delayed<Called>(SourceInfo);
        _outPath = new Delayed<Called>(OutPath);
        _followed = new Delayed<InputPath>(path => Of(Find(path)).Result.Force());
        _inputs = ev.Symbols.Intern("inputs");
        _sourceInfoName = ev.Symbols.Intern("sourceInfo");
    }

    // The values of a node of the lock file.
    private sealed class Called(LockNode node)
    {
        public LockNode Node => node;

        public Value Result { get; set; } = null!;

        public Value Outputs { get; set; } = null!;

        public Value SourceInfo { get; set; } = null!;

        public Value OutPath { get; set; } = null!;

        public VAttrs Inputs { get; set; } = VAttrs.Empty;
    }

    /// <summary>The value of a flake: its outputs and what is known of its tree.</summary>
    /// <exception cref="EvalError">Evaluating it failed.</exception>
    public static Value Call(Evaluator ev, EvalStore store, LockedFlake flake)
    {
        FlakeCaller caller = new(ev, store, flake);
        return caller.Of(flake.LockFile.Root).Result.Force();
    }

    private LockNode Find(InputPath path) => FlakeErrors.Checked(() => _flake.LockFile.Find(path))
        ?? throw new EvalError(EvalErrorKind.Error, $"lock file has no input '{path.ToString()}'");

    private Called Of(LockNode node)
    {
        if (_called.TryGetValue(node, out Called? known))
        {
            return known;
        }

        Called called = new(node);
        called.Result = _result.Of(called);
        called.Outputs = _outputs.Of(called);
        called.SourceInfo = _sourceInfo.Of(called);
        called.OutPath = _outPath.Of(called);
        _called.Add(node, called);
        AttrsBuilder inputs = new(node.Inputs.Count);
        foreach ((string name, LockEdge edge) in node.Inputs)
        {
            inputs.Add(_ev.Symbols.Intern(name), edge is LockEdge.Follows follows ? _followed.Of(follows.Path) : Of(((LockEdge.To)edge).Node).Result);
        }

        called.Inputs = inputs.Build();
        return called;
    }

    private Value Result(Called called)
    {
        AttrsBuilder own = new(6);
        own.Add(WellKnown.OutPath, called.OutPath);
        own.Add(_sourceInfoName, called.SourceInfo);
        if (called.Node is LockedNode { IsFlake: false })
        {
            return VAttrs.Update(Set(called.SourceInfo), own.Build());
        }

        if (OutputsFunction(called).Force() is not (VLambda or VPrimOp or VPrimOpApp))
        {
            throw new EvalError(EvalErrorKind.Assertion, "assertion '(builtins.isFunction flake.outputs)' failed");
        }

        own.Add(_inputs, called.Inputs);
        own.Add(WellKnown.Outputs, called.Outputs);
        own.Add(WellKnown.UnderscoreType, new VString("flake"));
        return VAttrs.Update(VAttrs.Update(Set(called.Outputs), Set(called.SourceInfo)), own.Build());
    }

    private VAttrs Set(Value value) => _ev.ForceAttrs(value, "in the left operand of the update (//) operator");

    private Value OutputsFunction(Called called)
    {
        byte[] file = Encoding.UTF8.GetBytes(((VString)called.OutPath.Force()).Text + "/flake.nix");
        VAttrs flake = Set(_ev.EvaluateFile(CanonPath.Make(file)));
        return flake.Get(WellKnown.Outputs) ?? throw new EvalError(EvalErrorKind.Error, $"attribute '{"outputs"}' missing");
    }

    private Value Outputs(Called called)
    {
        AttrsBuilder self = new(1);
        self.Add(WellKnown.Self, called.Result);
        return _ev.Call(OutputsFunction(called), VAttrs.Update(called.Inputs, self.Build())).Force();
    }

    private Value SourceInfo(Called called)
    {
        LockedNode? locked = called.Node as LockedNode;
        if (_flake.Folders.TryGetValue(called.Node, out string? folder))
        {
            return _trees.ToValue(
                _store.Options.StoreDir.Split(folder).Path,
                locked is null ? _flake.Flake.Locked.Input : locked.Locked.Input,
                isModified: locked is null && _flake.Flake.IsModified);
        }

        return locked!.Locked.Input.IsRelative ? ParentOf(locked).SourceInfo.Force() : _trees.FetchFinal(locked.Locked.Input);
    }

    private Value OutPath(Called called)
    {
        string inside;
        VString? top = null;
        LockedNode? locked = called.Node as LockedNode;
        if (_flake.Folders.TryGetValue(called.Node, out string? folder))
        {
            (StorePath tree, _) = _store.Options.StoreDir.Split(folder);
            inside = folder[_store.Options.StoreDir.Print(tree).Length..].TrimStart('/');
        }
        else if (locked!.Locked.Input.IsRelative)
        {
            // Not by its value: that may need this one.
            top = (VString)ParentOf(locked).OutPath.Force();
            inside = locked.Locked.Input.Attributes.Text("path");
        }
        else
        {
            inside = locked.Locked.Directory;
        }

        top ??= (VString)Set(called.SourceInfo).Get(WellKnown.OutPath)!.Force();
        return inside.Length == 0 ? top : new VString([.. top.Bytes, (byte)'/', .. Encoding.UTF8.GetBytes(inside)], top.Context);
    }

    private Called ParentOf(LockedNode node) => Of(Find(node.Parent ?? InputPath.Root));
}
