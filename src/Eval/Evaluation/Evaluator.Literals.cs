using System.Text;
using Firn.Eval.Errors;
using Firn.Eval.Values;

namespace Firn.Eval.Evaluation;

// What can be known of a file without computing anything: files that are read as data, such as flake.nix.
public sealed partial class Evaluator
{
    /// <summary>The set that a file consists of, each file once; nothing has to be computed for it.</summary>
    /// <exception cref="EvalError">It cannot be read, is no expression, or is anything but a set.</exception>
    public VAttrs LiteralFile(byte[] path)
    {
        byte[] resolved = ResolveExpressionPath(path);
        Thunk thunk = (Thunk)_files.GetOrAdd(resolved, static (file, ev) => new Thunk(new LiteralFileNode(ev, file), null), this);
        return thunk.Force() as VAttrs ?? throw NotLiteral(resolved);
    }

    /// <summary>A value that is written out as a set or a list is evaluated, another stays what it is.</summary>
    public static Value ForceLiteral(Value value) => value.Peek() is Thunk { Pending: { } node } && IsLiteral(node) ? value.Force() : value.Peek();

    private static bool IsLiteral(Node node) => node is AttrsNode or GeneralAttrsNode { IsDynamic: false } or ListNode or LambdaNode;

    private static EvalError NotLiteral(byte[] path) => new(EvalErrorKind.Error, $"file '{path}' must be an attribute set");

    private sealed class LiteralFileNode(Evaluator ev, byte[] path) : Node
    {
        public override Value Eval(Scope? scope)
        {
            Node root = ev.ParseFile(path, null);
            try
            {
                return root is AttrsNode or GeneralAttrsNode ? root.Eval(null) : throw NotLiteral(path);
            }
            catch (EvalError e) when (e.AddTrace(default, "while evaluating the file '", Encoding.UTF8.GetString(path), "':"))
            {
                throw;
            }
        }
    }
}
