using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Local.Profiles;

namespace Firn.Cli.Commands.Env;

/// <summary>A call of <c>nix-env</c>: what was given beside the operation, and what operations work on.</summary>
internal sealed class NixEnvCall(CommandContext context)
{
    private EvaluationSession? _session;
    private ILocalFsStore? _store;

    public CommandContext Context { get; } = context;

    public EvaluationFlags Evaluation { get; } = new();

    /// <summary>Flags of the operation, each followed by its value where it takes one.</summary>
    public List<string> Flags { get; } = [];

    public List<string> Arguments { get; } = [];

    public bool DryRun { get; set; }

    /// <summary>Whether only packages count that need not be built (<c>--prebuilt-only</c>).</summary>
    public bool PrebuiltOnly { get; set; }

    /// <summary>Packages for other systems are left out; <c>*</c> leaves out none.</summary>
    public string SystemFilter { get; set; } = "*";

    /// <summary>The name that what is installed gets, or null for its own.</summary>
    public string? ForcedName { get; set; }

    /// <summary>The file of <c>-f</c>, or null for <c>~/.nix-defexpr</c>.</summary>
    public string? File { get; set; }

    /// <summary>The text of an expression that takes the place of a file, or null.</summary>
    public string? Expression { get; set; }

    /// <summary>The profile of <c>-p</c>, or null for the user's.</summary>
    public string? ProfilePath { get; set; }

    public ILocalFsStore Store => _store ??= StoreOpening.Open(Context);

    public EvaluationSession Session => _session ??= new EvaluationSession(Context, Evaluation, Store);

    public Profile Profile => new(
        ProfilePath
            ?? (Environment.GetEnvironmentVariable("NIX_PROFILE") is { Length: > 0 } given ? Path.GetFullPath(given) : ProfileDirectories.Default(Context, Store)),
        Context.Note);

    /// <summary>Tells the user something that is no error.</summary>
    public void Inform(string message)
    {
        if (Context.Verbosity >= LogLevel.Info)
        {
            Context.Say(LogLevel.Info, message);
        }
    }

    /// <exception cref="CliException">There are flags.</exception>
    public void RefuseFlags()
    {
        if (Flags.Count > 0)
        {
            throw CliException.Usage($"unknown flag '{Flags[0]}'");
        }
    }

    /// <summary>The one argument of the operation.</summary>
    /// <exception cref="CliException">There are more or none, or flags.</exception>
    public string OnlyArgument()
    {
        RefuseFlags();
        return Arguments is [string one] ? one : throw CliException.Usage("exactly one argument expected");
    }

    /// <exception cref="CliException">There are arguments or flags.</exception>
    public void RefuseArguments()
    {
        RefuseFlags();
        if (Arguments.Count > 0)
        {
            throw CliException.Usage("no arguments expected");
        }
    }
}
