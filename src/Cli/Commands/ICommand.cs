using System;
using System.Collections.Generic;

namespace Firn.Cli.Commands;

/// <summary>One command as a user knows it: <c>nix-build</c>, <c>nix eval</c>, <c>nixos-rebuild</c>, ….</summary>
internal interface ICommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="context">Settings, streams and the store of this process.</param>
    /// <param name="arguments">The arguments after the command's own name.</param>
    /// <returns>The exit status.</returns>
    int Run(CommandContext context, IReadOnlyList<string> arguments);
}
