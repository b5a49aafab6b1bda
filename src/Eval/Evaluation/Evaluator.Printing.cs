using Firn.Eval.Printing;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

public sealed partial class Evaluator
{
    /// <summary>What a value is, with its article, as messages say it.</summary>
    public static string ShowType(Value value) => value.Peek() switch
    {
        VInt => "an integer",
        VFloat => "a float",
        VBool => "a Boolean",
        VNull => "null",
        VString text => text.Context is null ? "a string" : "a string with context",
        VPath => "a path",
        VList => "a list",
        VAttrs => "a set",
        VPrimOp op => $"the built-in function '{op.Builtin.Name}'",
        VPrimOpApp app => $"the partially applied built-in function '{app.Builtin.Name}'",
        Thunk { HasFailed: true } => "an error",
        Thunk { IsBlackhole: true } => "a black hole",
        Thunk { Pending.Role: NodeRole.Application } => "a function application",
        Thunk => "a thunk",
        _ => "a function",
    };

    /// <summary>A value as messages show it: shortened, without evaluating anything.</summary>
    public string ShowForError(Value value) => ValuePrinter.Print(this, value, PrintOptions.ForErrors);
}
