using System;
using System.Collections.Generic;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;

namespace Firn.Eval.Builtins;

/// <summary>Numbers: the four operations, bits, rounding and the order of values.</summary>
public sealed class ArithmeticBuiltins(Evaluator ev) : IBuiltinFamily
{
    private const double TwoTo63 = 9223372036854775808.0;

    /// <inheritdoc/>
    public IReadOnlyList<Builtin> Builtins =>
    [
        Builtin.Of("add", Add, "The sum of two numbers."),
        Builtin.Of("sub", Subtract, "The difference of two numbers."),
        Builtin.Of("mul", Multiply, "The product of two numbers."),
        Builtin.Of("div", Divide, "The quotient of two numbers, towards zero when both are integers."),
        Builtin.Of("bitAnd", BitAnd, "The bits that are set in both integers."),
        Builtin.Of("bitOr", BitOr, "The bits that are set in either integer."),
        Builtin.Of("bitXor", BitXor, "The bits that are set in just one of the integers."),
        Builtin.Of("ceil", Ceil, "The least integer that is not below a number."),
        Builtin.Of("floor", Floor, "The greatest integer that is not above a number."),
        Builtin.Of(LessThanName, LessThan, "Whether the first value comes before the second: numbers, strings, paths and lists of them."),
    ];

    internal const string LessThanName = "lessThan";

    private Value Add(Value a, Value b)
    {
        Value x = a.Force();
        Value y = b.Force();
        if (x is VFloat || y is VFloat)
        {
            return new VFloat(
                ev.ForceFloat(x, "while evaluating the first argument of the addition")
                + ev.ForceFloat(y, "while evaluating the second argument of the addition"));
        }

        long i = ev.ForceInt(x, "while evaluating the first argument of the addition");
        long j = ev.ForceInt(y, "while evaluating the second argument of the addition");
        long sum = unchecked(i + j);
        return ((i ^ sum) & (j ^ sum)) < 0
            ? throw new EvalError(EvalErrorKind.Error, $"integer overflow in adding {i} + {j}")
            : VInt.Of(sum);
    }

    private Value Subtract(Value a, Value b)
    {
        Value x = a.Force();
        Value y = b.Force();
        if (x is VFloat || y is VFloat)
        {
            return new VFloat(
                ev.ForceFloat(x, "while evaluating the first argument of the subtraction")
                - ev.ForceFloat(y, "while evaluating the second argument of the subtraction"));
        }

        long i = ev.ForceInt(x, "while evaluating the first argument of the subtraction");
        long j = ev.ForceInt(y, "while evaluating the second argument of the subtraction");
        long difference = unchecked(i - j);
        return ((i ^ j) & (i ^ difference)) < 0
            ? throw new EvalError(EvalErrorKind.Error, $"integer overflow in subtracting {i} - {j}")
            : VInt.Of(difference);
    }

    private Value Multiply(Value a, Value b)
    {
        Value x = a.Force();
        Value y = b.Force();
        if (x is VFloat || y is VFloat)
        {
            return new VFloat(
                ev.ForceFloat(x, "while evaluating the first of the multiplication")
                * ev.ForceFloat(y, "while evaluating the second argument of the multiplication"));
        }

        long i = ev.ForceInt(x, "while evaluating the first argument of the multiplication");
        long j = ev.ForceInt(y, "while evaluating the second argument of the multiplication");
        long high = Math.BigMul(i, j, out long low);
        return high != low >> 63
            ? throw new EvalError(EvalErrorKind.Error, $"integer overflow in multiplying {i} * {j}")
            : VInt.Of(low);
    }

    private Value Divide(Value a, Value b)
    {
        Value x = a.Force();
        Value y = b.Force();
        double divisor = ev.ForceFloat(y, "while evaluating the second operand of the division");
        if (divisor == 0)
        {
            throw new EvalError(EvalErrorKind.Error, "division by zero");
        }

        if (x is VFloat || y is VFloat)
        {
            return new VFloat(ev.ForceFloat(x, "while evaluating the first operand of the division") / divisor);
        }

        long i = ev.ForceInt(x, "while evaluating the first operand of the division");
        long j = ev.ForceInt(y, "while evaluating the second operand of the division");
        return i == long.MinValue && j == -1
            ? throw new EvalError(EvalErrorKind.Error, $"integer overflow in dividing {i} / {j}")
            : VInt.Of(i / j);
    }

    private Value BitAnd(Value a, Value b) => VInt.Of(
        ev.ForceInt(a, "while evaluating the first argument passed to builtins.bitAnd")
        & ev.ForceInt(b, "while evaluating the second argument passed to builtins.bitAnd"));

    private Value BitOr(Value a, Value b) => VInt.Of(
        ev.ForceInt(a, "while evaluating the first argument passed to builtins.bitOr")
        | ev.ForceInt(b, "while evaluating the second argument passed to builtins.bitOr"));

    private Value BitXor(Value a, Value b) => VInt.Of(
        ev.ForceInt(a, "while evaluating the first argument passed to builtins.bitXor")
        ^ ev.ForceInt(b, "while evaluating the second argument passed to builtins.bitXor"));

    private Value Ceil(Value number) =>
        Round(number, Math.Ceiling(ev.ForceFloat(number, "while evaluating the first argument passed to builtins.ceil")));

    private Value Floor(Value number) =>
        Round(number, Math.Floor(ev.ForceFloat(number, "while evaluating the first argument passed to builtins.floor")));

    private static Value Round(Value number, double rounded)
    {
        bool inRange = rounded is >= -TwoTo63 and < TwoTo63;
        if (number.Force() is not VInt integer)
        {
            return inRange
                ? VInt.Of((long)rounded)
                : throw new EvalError(EvalErrorKind.Error, $"NixFloat argument {FloatText.General(((VFloat)number.Force()).Number)} is not in the range of NixInt");
        }

        // Integers went through floating point once, and results that would have changed are refused for now.
        long original = integer.Number;
        if (!inRange)
        {
            throw new EvalError(
                EvalErrorKind.Error,
                $"Due to a bug (see https://github.com/NixOS/nix/issues/12899) the NixInt argument {original} caused undefined behavior in previous Nix versions.\n\tFuture Nix versions might implement the correct behavior.");
        }

        long result = (long)rounded;
        return result == original
            ? integer
            : throw new EvalError(
                EvalErrorKind.Error,
                $"Due to a bug (see https://github.com/NixOS/nix/issues/12899) a loss of precision occurred in previous Nix versions because the NixInt argument {original} was rounded to {result}.\n\tFuture Nix versions might implement the correct behavior.");
    }

    private Value LessThan(Value a, Value b) => VBool.Of(new ValueOrder(ev).IsLess(a.Force(), b.Force(), ""));
}
