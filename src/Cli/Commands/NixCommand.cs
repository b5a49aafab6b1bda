using System;
using System.Collections.Generic;
using Firn.Cli.Arguments;

namespace Firn.Cli.Commands;

/// <summary>
/// One subcommand of <c>nix</c>. The constructor says which flags and operands it takes; they are read before
/// <see cref="Run"/>.
/// </summary>
internal abstract class NixCommand
{
    /// <summary>The feature that all but a few commands belong to.</summary>
    public const string NixCommandFeature = "nix-command";

    /// <summary>Its flags, without those that every command has.</summary>
    public FlagTable Flags { get; } = new();

    /// <summary>What it takes beside flags, in order.</summary>
    public List<Operand> Operands { get; } = [];

    /// <summary>What it does, in a few words.</summary>
    public abstract string Description { get; }

    /// <summary>The experimental feature that it needs, or null.</summary>
    public virtual string? Feature => NixCommandFeature;

    /// <summary>Whether evaluation may see the whole system unless told otherwise; the commands of <c>nix</c> evaluate purely.</summary>
    public virtual bool IsImpure => false;

    /// <summary>The flakes that the line names, as it names them, for the completion of flags that are about their inputs.</summary>
    public virtual IReadOnlyList<string> Flakes => [];

    /// <summary>Runs the command.</summary>
    /// <returns>The exit status.</returns>
    public abstract int Run(CommandContext context);

    /// <summary>Expects one argument.</summary>
    protected void Expect(string label, Action<string> handler, bool optional = false, Completer? completer = null) =>
        Operands.Add(new Operand(label, Many: false, optional, values => handler(values[0])) { Completer = completer });

    /// <summary>Expects any number of arguments.</summary>
    protected void ExpectMany(string label, Action<IReadOnlyList<string>> handler, Completer? completer = null) =>
        Operands.Add(new Operand(label, Many: true, Optional: true, handler) { Completer = completer });
}
