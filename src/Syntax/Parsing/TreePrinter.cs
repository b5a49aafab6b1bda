using System;
using System.Buffers;
using System.Buffers.Text;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Firn.Syntax.Ast;

namespace Firn.Syntax.Parsing;

/// <summary>Writes a tree as one line of text, fully parenthesised, the form that <c>nix-instantiate --parse</c> shows.</summary>
public sealed class TreePrinter
{
    private readonly ArrayBufferWriter<byte> _out = new();

    /// <summary>What has been written.</summary>
    public ReadOnlySpan<byte> Written => _out.WrittenSpan;

    /// <summary>The text of a whole expression.</summary>
    /// <exception cref="InsufficientExecutionStackException">The tree is deeper than the stack.</exception>
    public static byte[] Print(Expr expr)
    {
        TreePrinter printer = new();
        printer.Write(expr);
        return printer.Written.ToArray();
    }

    /// <summary>A name as it is written in the language: quoted unless it is an identifier that is no keyword.</summary>
    public static byte[] Identifier(ReadOnlySpan<byte> name)
    {
        TreePrinter printer = new();
        printer.WriteIdentifier(name);
        return printer.Written.ToArray();
    }

    /// <summary>A string as a literal of the language, with its quotes.</summary>
    public static byte[] StringLiteral(ReadOnlySpan<byte> text)
    {
        TreePrinter printer = new();
        printer.WriteString(text);
        return printer.Written.ToArray();
    }

    internal void AttributePath(ReadOnlySpan<AttributeName> path)
    {
        bool isFirst = true;
        foreach (AttributeName name in path)
        {
            if (!isFirst)
            {
                Write("."u8);
            }

            isFirst = false;
            if (name.Static is not null)
            {
                WriteIdentifier(name.Static.Bytes);
            }
            else
            {
                Write("\"${"u8);
                Write(name.Dynamic!);
                Write("}\""u8);
            }
        }
    }

    private void Write(ReadOnlySpan<byte> text) => _out.Write(text);

    private void Write(Expr expr)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        switch (expr)
        {
            case IntExpr integer:
                Utf8Formatter.TryFormat(integer.Value, _out.GetSpan(24), out int written);
                _out.Advance(written);
                break;
            case FloatExpr number:
                Write(Encoding.ASCII.GetBytes(Float(number.Value)));
                break;
            case StringExpr text:
                WriteString(text.Value);
                break;
            case PathExpr path:
                Write(path.Value);
                break;
            case VariableExpr variable:
                WriteIdentifier(variable.Name.Bytes);
                break;
            case CurrentPositionExpr:
                Write("__curPos"u8);
                break;
            case SelectExpr select:
                WriteSelect(select);
                break;
            case HasAttributeExpr has:
                Write("(("u8);
                Write(has.Subject);
                Write(") ? "u8);
                AttributePath(has.Path);
                Write(")"u8);
                break;
            case AttributesExpr set:
                Write(set.IsRecursive ? "rec { "u8 : "{ "u8);
                WriteBindings(set);
                Write("}"u8);
                break;
            case ListExpr list:
                Write("[ "u8);
                foreach (Expr item in list.Items)
                {
                    Write("("u8);
                    Write(item);
                    Write(") "u8);
                }

                Write("]"u8);
                break;
            case LambdaExpr lambda:
                WriteLambda(lambda);
                break;
            case LetExpr let:
                Write("(let "u8);
                WriteBindings(let.Bindings);
                Write("in "u8);
                Write(let.Body);
                Write(")"u8);
                break;
            case WithExpr with:
                Write("(with "u8);
                Write(with.Scope);
                Write("; "u8);
                Write(with.Body);
                Write(")"u8);
                break;
            case IfExpr conditional:
                Write("(if "u8);
                Write(conditional.Condition);
                Write(" then "u8);
                Write(conditional.Then);
                Write(" else "u8);
                Write(conditional.Else);
                Write(")"u8);
                break;
            case AssertExpr assertion:
                Write("assert "u8);
                Write(assertion.Condition);
                Write("; "u8);
                Write(assertion.Body);
                break;
            case NotExpr not:
                Write("(! "u8);
                Write(not.Operand);
                Write(")"u8);
                break;
            case ConcatExpr concat:
                WriteConcat(concat);
                break;
            case BinaryExpr { Function: null } binary:
                Write("("u8);
                Write(binary.Left);
                Write(Symbol(binary.Operator));
                Write(binary.Right);
                Write(")"u8);
                break;
            case BinaryExpr { Operator: BinaryOperator.LessOrEqual or BinaryOperator.GreaterOrEqual } order:
                bool swapped = order.Operator == BinaryOperator.LessOrEqual;
                Write("(! (__lessThan "u8);
                Write(swapped ? order.Right : order.Left);
                Write(" "u8);
                Write(swapped ? order.Left : order.Right);
                Write("))"u8);
                break;
            case CallExpr or BinaryExpr or NegateExpr or SearchPathExpr:
                Write("("u8);
                WriteCall(expr);
                Write(")"u8);
                break;
            default:
                throw new InvalidOperationException($"no form for {expr.Kind}");
        }
    }

    /// <summary>A call without its parentheses; what is defined as a call extends with further arguments.</summary>
    private void WriteCall(Expr expr)
    {
        switch (expr)
        {
            case CallExpr call:
                bool isCall = call.Function is NegateExpr or SearchPathExpr
                    or BinaryExpr { Operator: BinaryOperator.Less or BinaryOperator.Greater or BinaryOperator.Subtract or BinaryOperator.Multiply or BinaryOperator.Divide };
                if (isCall)
                {
                    WriteCall(call.Function);
                }
                else
                {
                    Write(call.Function);
                }

                foreach (Expr argument in call.Arguments)
                {
                    Write(" "u8);
                    Write(argument);
                }

                break;
            case NegateExpr negate:
                Write("__sub 0 "u8);
                Write(negate.Operand);
                break;
            case SearchPathExpr lookup:
                Write("__findFile __nixPath "u8);
                WriteString(lookup.Value);
                break;
            case BinaryExpr binary:
                WriteIdentifier(binary.Function!.Bytes);
                bool swapped = binary.Operator == BinaryOperator.Greater;
                Write(" "u8);
                Write(swapped ? binary.Right : binary.Left);
                Write(" "u8);
                Write(swapped ? binary.Left : binary.Right);
                break;
            default:
                throw new InvalidOperationException($"{expr.Kind} is no call");
        }
    }

    private static ReadOnlySpan<byte> Symbol(BinaryOperator op) => op switch
    {
        BinaryOperator.Equal => " == "u8,
        BinaryOperator.NotEqual => " != "u8,
        BinaryOperator.And => " && "u8,
        BinaryOperator.Or => " || "u8,
        BinaryOperator.Implies => " -> "u8,
        BinaryOperator.Update => " // "u8,
        BinaryOperator.ConcatLists => " ++ "u8,
        _ => throw new InvalidOperationException($"{op} has no symbol"),
    };

    private void WriteSelect(SelectExpr select)
    {
        Write("("u8);
        Write(select.Subject);
        Write(")."u8);
        AttributePath(select.Path);
        if (select.Default is not null)
        {
            Write(" or ("u8);
            Write(select.Default);
            Write(")"u8);
        }
    }

    private void WriteConcat(ConcatExpr concat)
    {
        Write("("u8);
        bool isFirst = true;
        foreach (ConcatPart part in concat.Parts)
        {
            if (!isFirst)
            {
                Write(" + "u8);
            }

            isFirst = false;
            Write(part.Value);
        }

        Write(")"u8);
    }

    private void WriteLambda(LambdaExpr lambda)
    {
        Write("("u8);
        if (lambda.HasFormals)
        {
            Write("{ "u8);
            Formal[] formals = lambda.Formals.ToArray();
            Array.Sort(formals, static (a, b) => a.Name.Bytes.AsSpan().SequenceCompareTo(b.Name.Bytes));
            bool isFirst = true;
            foreach (Formal formal in formals)
            {
                if (!isFirst)
                {
                    Write(", "u8);
                }

                isFirst = false;
                WriteIdentifier(formal.Name.Bytes);
                if (formal.Default is not null)
                {
                    Write(" ? "u8);
                    Write(formal.Default);
                }
            }

            if (lambda.HasEllipsis)
            {
                Write(isFirst ? "..."u8 : ", ..."u8);
            }

            Write(lambda.Argument is null ? " }"u8 : " } @ "u8);
        }

        if (lambda.Argument is not null)
        {
            WriteIdentifier(lambda.Argument.Bytes);
        }

        Write(": "u8);
        Write(lambda.Body);
        Write(")"u8);
    }

    private void WriteBindings(AttributesExpr set)
    {
        AttributeDefinition[] sorted = set.Attributes.ToArray();
        Array.Sort(sorted, static (a, b) => a.Name.Bytes.AsSpan().SequenceCompareTo(b.Name.Bytes));
        WriteInherited(sorted, AttributeKind.Inherited, -1, null);
        ReadOnlySpan<Expr> sources = set.InheritSources;
        for (int i = 0; i < sources.Length; i++)
        {
            WriteInherited(sorted, AttributeKind.InheritedFrom, i, sources[i]);
        }

        foreach (AttributeDefinition definition in sorted)
        {
            if (definition.Kind == AttributeKind.Plain)
            {
                WriteIdentifier(definition.Name.Bytes);
                Write(" = "u8);
                Write(definition.Value!);
                Write("; "u8);
            }
        }

        foreach (DynamicAttributeDefinition definition in set.DynamicAttributes)
        {
            Write("\"${"u8);
            Write(definition.Name);
            Write("}\" = "u8);
            Write(definition.Value);
            Write("; "u8);
        }
    }

    private void WriteInherited(AttributeDefinition[] sorted, AttributeKind kind, int source, Expr? from)
    {
        bool isOpen = false;
        foreach (AttributeDefinition definition in sorted)
        {
            if (definition.Kind != kind || definition.Source != source)
            {
                continue;
            }

            if (!isOpen)
            {
                isOpen = true;
                Write("inherit"u8);
                if (from is not null)
                {
                    Write(" ("u8);
                    Write(from);
                    Write(")"u8);
                }
            }

            Write(" "u8);
            WriteIdentifier(definition.Name.Bytes);
        }

        if (isOpen)
        {
            Write("; "u8);
        }
    }

    private void WriteIdentifier(ReadOnlySpan<byte> name)
    {
        if (IsKeyword(name))
        {
            Write("\""u8);
            Write(name);
            Write("\""u8);
        }
        else if (IsIdentifier(name))
        {
            Write(name);
        }
        else
        {
            WriteString(name);
        }
    }

    private static bool IsKeyword(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("if"u8) || name.SequenceEqual("then"u8) || name.SequenceEqual("else"u8)
        || name.SequenceEqual("assert"u8) || name.SequenceEqual("with"u8) || name.SequenceEqual("let"u8)
        || name.SequenceEqual("in"u8) || name.SequenceEqual("rec"u8) || name.SequenceEqual("inherit"u8);

    private static bool IsIdentifier(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || !(char.IsAsciiLetter((char)name[0]) || name[0] == '_'))
        {
            return false;
        }

        foreach (byte c in name)
        {
            if (!(char.IsAsciiLetterOrDigit((char)c) || c is (byte)'_' or (byte)'\'' or (byte)'-'))
            {
                return false;
            }
        }

        return true;
    }

    private void WriteString(ReadOnlySpan<byte> text)
    {
        Write("\""u8);
        int done = 0;
        for (int i = 0; i < text.Length; i++)
        {
            ReadOnlySpan<byte> escape = text[i] switch
            {
                (byte)'"' => "\\\""u8,
                (byte)'\\' => "\\\\"u8,
                (byte)'\n' => "\\n"u8,
                (byte)'\r' => "\\r"u8,
                (byte)'\t' => "\\t"u8,
                (byte)'$' when i + 1 < text.Length && text[i + 1] == '{' => "\\$"u8,
                _ => default,
            };
            if (!escape.IsEmpty)
            {
                Write(text[done..i]);
                Write(escape);
                done = i + 1;
            }
        }

        Write(text[done..]);
        Write("\""u8);
    }

    /// <summary>Six significant digits, exponent form outside 1e-4..1e6, no trailing zeros (C's <c>%g</c>).</summary>
    internal static string Float(double value)
    {
        if (value == 0)
        {
            return double.IsNegative(value) ? "-0" : "0";
        }

        string[] parts = value.ToString("E5", CultureInfo.InvariantCulture).Split('E');
        int exponent = int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        if (exponent is < -4 or >= 6)
        {
            string mantissa = parts[0].TrimEnd('0').TrimEnd('.');
            return $"{mantissa}e{(exponent < 0 ? '-' : '+')}{int.Abs(exponent):00}";
        }

        string plain = value.ToString("F" + int.Max(0, 5 - exponent).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return plain.Contains('.', StringComparison.Ordinal) ? plain.TrimEnd('0').TrimEnd('.') : plain;
    }
}
