using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Firn.Eval.Values;

namespace Firn.Eval.Errors;

/// <summary>Kinds of failure that something depends on.</summary>
public enum EvalErrorKind : byte
{
    /// <summary>Any failure without more to say about it.</summary>
    Error,

    /// <summary>A value of the wrong type.</summary>
    Type,

    /// <summary>An <c>assert</c> that does not hold; <c>tryEval</c> catches it.</summary>
    Assertion,

    /// <summary><c>throw</c>; <c>tryEval</c> catches it.</summary>
    Thrown,

    /// <summary><c>abort</c></summary>
    Abort,

    /// <summary>A variable that nothing defines.</summary>
    UndefinedVariable,

    /// <summary>A function was called without an argument that it needs, or with one that it does not take.</summary>
    MissingArgument,

    /// <summary>A value needs itself.</summary>
    InfiniteRecursion,

    /// <summary>Calls are nested too deeply.</summary>
    StackOverflow,

    /// <summary>The source is not an expression.</summary>
    Parse,

    /// <summary>Access that pure or restricted evaluation forbids.</summary>
    Restricted,

    /// <summary>A file could not be read.</summary>
    File,

    /// <summary>A name was not found in the search path.</summary>
    SearchPath,

    /// <summary>The user wanted it to end.</summary>
    Interrupted,

    /// <summary>Something had to be built to go on, and must not be or could not be.</summary>
    ImportFromDerivation,

    /// <summary>The store refused or failed.</summary>
    Store,
}

/// <summary>One line of a trace: what was being done, and where.</summary>
/// <param name="Pos">Where; may be none.</param>
/// <param name="Text">The text, or what stands before <paramref name="Subject"/>.</param>
/// <param name="Subject">A highlighted part in the middle; null for none.</param>
/// <param name="Rest">What stands after the subject.</param>
/// <param name="Always">Whether the line is shown even where traces are cut short.</param>
public readonly record struct TraceFrame(PosIdx Pos, string Text, string? Subject = null, string? Rest = null, bool Always = false)
{
    /// <summary>The text with the escapes of its highlights.</summary>
    public string Hint => Subject is null ? Text : Text + HintText.Highlight + Subject + HintText.Normal + Rest;
}

/// <summary>An evaluation failed. Rendered by <see cref="ErrorRenderer"/>.</summary>
/// <remarks>
/// Frames are added while the error passes upwards, by exception filters: they run before anything is unwound, so
/// a deep trace costs no more than one throw.
/// </remarks>
public sealed class EvalError : Exception
{
    private readonly List<TraceFrame> _frames;

    /// <summary>An error with a message that may have highlights.</summary>
    public EvalError(EvalErrorKind kind, HintText hint)
        : this(kind, hint.ToString())
    {
    }

    /// <summary>An error with a message as it is.</summary>
    public EvalError(EvalErrorKind kind, string hint)
        : this(kind, hint, null)
    {
    }

    /// <summary>An error that comes from an error of another layer.</summary>
    public EvalError(EvalErrorKind kind, string hint, Exception? cause)
        : base(null, cause)
    {
        Kind = kind;
        Hint = hint;
        _frames = [];
    }

    private EvalError(EvalError original)
        : base(null, original.InnerException)
    {
        Kind = original.Kind;
        Hint = original.Hint;
        Pos = original.Pos;
        Suggestions = original.Suggestions;
        ExitStatus = original.ExitStatus;
        _frames = [.. original._frames];
    }

    /// <summary>Something needs an experimental feature that is off.</summary>
    /// <param name="reason">Why it is needed; may be empty.</param>
    public static EvalError FeatureNeeded(string feature, string reason = "") => new(
        EvalErrorKind.Error,
        $"experimental Nix feature '{feature}' is disabled{new Plain(reason.Length == 0 ? "" : $" ({reason})")}; add '--extra-experimental-features {feature}' to enable it");

    /// <summary>What kind of failure this is.</summary>
    public EvalErrorKind Kind { get; }

    /// <summary>The message with the escapes of its highlights.</summary>
    public string Hint { get; }

    /// <summary>The message without escapes.</summary>
    public override string Message => AnsiText.Strip(Hint);

    /// <summary>Where the failure is; none when only the frames say so.</summary>
    public PosIdx Pos { get; set; }

    /// <summary>What the user may have meant, as <c>Did you mean …?</c> lists it.</summary>
    public IReadOnlyList<string> Suggestions { get; set; } = [];

    /// <summary>Exit status of a program that ends with this error.</summary>
    public int ExitStatus { get; init; } = 1;

    /// <summary>Whether <c>tryEval</c> catches it.</summary>
    public bool IsCatchable => Kind is EvalErrorKind.Assertion or EvalErrorKind.Thrown;

    /// <summary>The trace, innermost frame first.</summary>
    public IReadOnlyList<TraceFrame> Frames => _frames;

    /// <summary>Sets the position and gives the error back.</summary>
    public EvalError At(PosIdx pos)
    {
        Pos = pos;
        return this;
    }

    /// <summary>Adds a frame and gives the error back.</summary>
    public EvalError WithTrace(PosIdx pos, string text)
    {
        _frames.Add(new TraceFrame(pos, text));
        return this;
    }

    /// <summary>Adds a frame. Always false: for use as an exception filter that catches nothing.</summary>
    public bool AddTrace(PosIdx pos, string text)
    {
        _frames.Add(new TraceFrame(pos, text));
        return false;
    }

    /// <inheritdoc cref="AddTrace(PosIdx, string)"/>
    public bool AddTrace(PosIdx pos, string text, string subject, string rest = "'")
    {
        _frames.Add(new TraceFrame(pos, text, subject, rest));
        return false;
    }

    /// <inheritdoc cref="AddTrace(PosIdx, string)"/>
    public bool AddTrace(TraceFrame frame)
    {
        _frames.Add(frame);
        return false;
    }

    /// <summary>
    /// The same failure to be thrown again: a thunk that failed gives it to each who asks, and every one of them
    /// adds frames of its own.
    /// </summary>
    internal EvalError Copy() => new(this);
}
