using System;
using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Store.Local;

namespace Firn.Cli.Commands;

/// <summary><c>nix nar pack</c>, and <c>nix nar dump-path</c>, its old name: a file or directory as a NAR.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-nar-dump-path</remarks>
internal sealed class NarPack : NixCommand
{
    private readonly bool _oldName;
    private string _path = "";

    public NarPack(bool oldName)
    {
        _oldName = oldName;
        Expect("path", p => _path = p, completer: Completions.Files);
    }

    public override string Description => "serialise a path to stdout in NAR format";

    public override int Run(CommandContext context)
    {
        if (_oldName)
        {
            context.Warn("'nix nar dump-path' is a deprecated alias for 'nix nar pack'");
        }

        RefuseTerminal();
        LocalStore.DumpTree(Path.TrimEndingDirectorySeparator(Path.GetFullPath(_path)), new OutputSink(context), context.Settings.Bool("use-case-hack"));
        return 0;
    }

    /// <exception cref="CliException">Somebody would have to look at it.</exception>
    public static void RefuseTerminal()
    {
        if (!Console.IsOutputRedirected)
        {
            throw CliException.Usage("refusing to write NAR to a terminal");
        }
    }
}
