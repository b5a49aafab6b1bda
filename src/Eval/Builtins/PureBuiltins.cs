using System;
using System.Collections.Generic;
using Firn.Eval.Evaluation;

namespace Firn.Eval.Builtins;

/// <summary>The families of builtins that need no store.</summary>
public static class PureBuiltins
{
    /// <summary>For <see cref="EvaluatorOptions.Families"/>; builtins of a store go behind them.</summary>
    public static IReadOnlyList<Func<Evaluator, IBuiltinFamily>> Families { get; } =
    [
        static ev => new ConstantBuiltins(ev),
        static ev => new TypeBuiltins(ev),
        static ev => new ControlBuiltins(ev),
        static ev => new ArithmeticBuiltins(ev),
        static ev => new ListBuiltins(ev),
        static ev => new AttrsBuiltins(ev),
        static ev => new StringBuiltins(ev),
        static ev => new ContextBuiltins(ev),
        static ev => new VersionBuiltins(ev),
        static ev => new HashBuiltins(ev),
        static ev => new FileBuiltins(ev),
        static ev => new ConversionBuiltins(ev),
    ];
}
