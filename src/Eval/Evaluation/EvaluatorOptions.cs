using System;
using System.Collections.Generic;
using Firn.Eval.Builtins;
using Firn.Eval.Debugging;
using Firn.Eval.Io;
using Firn.Eval.Values;
using Firn.Syntax.Parsing;

namespace Firn.Eval.Evaluation;

/// <summary>An entry of the search path: a prefix (may be empty) and where it leads.</summary>
public readonly record struct SearchPathEntry(byte[] Prefix, byte[] Target);

/// <summary>What an evaluation depends on. Bound to settings and flags by the caller.</summary>
public sealed record EvaluatorOptions
{
    /// <summary>Files and environment.</summary>
    public required IEvalIo Io { get; init; }

    /// <summary>The store; without one, nothing can be copied or built.</summary>
    public IStoreHooks? Store { get; init; }

    /// <summary>The families of builtins, in order; a later one replaces names of an earlier one.</summary>
    public required IReadOnlyList<Func<Evaluator, IBuiltinFamily>> Families { get; init; }

    /// <summary>What <c>&lt;name&gt;</c> is looked up in.</summary>
    public IReadOnlyList<SearchPathEntry> SearchPath { get; init; } = [];

    /// <summary>The folder that <c>&lt;nix/…&gt;</c> leads to when the search path does not know it; null for none.</summary>
    public byte[]? CoreFolder { get; init; }

    /// <summary>What <c>builtins.currentSystem</c> says.</summary>
    public string CurrentSystem { get; init; } = "x86_64-linux";

    /// <summary>What <c>builtins.nixVersion</c> says.</summary>
    public string NixVersion { get; init; } = "2.34.8";

    /// <summary>The directory of store objects.</summary>
    public string StoreDir { get; init; } = "/nix/store";

    /// <summary>Pure evaluation: no environment, no time, no files but what was allowed.</summary>
    public bool PureEval { get; init; }

    /// <summary>Restricted evaluation: files only below the search path and what was allowed.</summary>
    public bool RestrictEval { get; init; }

    /// <summary>Calls may be nested this deeply.</summary>
    public int MaxCallDepth { get; init; } = 10000;

    /// <summary>Whether errors get frames for every function call.</summary>
    public bool ShowTrace { get; init; }

    /// <summary>Whether <c>builtins.traceVerbose</c> writes anything.</summary>
    public bool TraceVerbose { get; init; }

    /// <summary>Whether the user is told when each call begins and ends (<c>trace-function-calls</c>).</summary>
    public bool TraceFunctionCalls { get; init; }

    /// <summary>Stops the evaluation where it fails; null for none.</summary>
    public Debugger? Debugger { get; init; }

    /// <summary>Whether <c>builtins.trace</c> stops it too (<c>debugger-on-trace</c>).</summary>
    public bool StopsOnTrace { get; init; }

    /// <summary>Whether <c>builtins.warn</c> stops it too (<c>debugger-on-warn</c>).</summary>
    public bool StopsOnWarn { get; init; }

    /// <summary>Samples of which calls are going on; null for none.</summary>
    public CallProfile? Profile { get; init; }

    /// <summary>Whether <c>builtins.warn</c> ends the evaluation.</summary>
    public bool AbortOnWarn { get; init; }

    /// <summary>Whether expressions may run programs and load libraries (<c>allow-unsafe-native-code-during-evaluation</c>).</summary>
    public bool AllowNativeCode { get; init; }

    /// <summary>The experimental features that are on.</summary>
    public IReadOnlySet<string> Features { get; init; } = new HashSet<string>();

    /// <summary>
    /// Called once, when so much source was read that much more will follow: the moment for
    /// <see cref="MemoryPolicy"/>, which small evaluations need not pay for.
    /// </summary>
    public Action? BecomesLarge { get; init; }

    /// <summary>What becomes of URLs without quotes.</summary>
    public LintLevel UrlLiterals { get; init; }

    /// <summary>What becomes of paths such as <c>a/b</c>.</summary>
    public LintLevel ShortPathLiterals { get; init; }

    /// <summary>What becomes of paths such as <c>/a/b</c> and <c>~/a</c>.</summary>
    public LintLevel AbsolutePathLiterals { get; init; }

    /// <summary>What <c>~/</c> means in a path; null for nothing.</summary>
    public byte[]? HomeDirectory { get; init; }
}
