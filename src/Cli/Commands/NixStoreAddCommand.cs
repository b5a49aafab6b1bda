using System.IO;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Transfer;

namespace Firn.Cli.Commands;

/// <summary><c>nix store add</c>, <c>add-path</c> and <c>add-file</c>: a file or directory becomes a store object.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-store-add</remarks>
internal sealed class NixStoreAddCommand : NixCommand
{
    private string _mode;
    private string _given = "";
    private string? _name;
    private HashAlgorithm _algorithm = HashAlgorithm.Sha256;
    private bool _dryRun;

    /// <param name="mode">The value of <c>--mode</c> where none is given.</param>
    public NixStoreAddCommand(string description, string mode)
    {
        Description = description;
        _mode = mode;
        Flags.Add("name", 'n', "Override the name component of the store path. It defaults to the base name of *path*.", "name", n => _name = n);
        Flags.Add("mode", "How to compute the content-address of the store object: `nar` (the default), `flat`, `text` or `git`.", "content-address-method", m => _mode = m is "nar" or "flat" or "text" or "git" ? m : throw CliException.Usage($"Unknown file ingestion method '{m}', expect `flat`, `nar`, or `git`"));
        Flags.Add("hash-algo", "Hash algorithm (`blake3`, `md5`, `sha1`, `sha256`, or `sha512`).", "hash-algo", a =>
        {
            try
            {
                _algorithm = HashAlgorithms.Parse(a);
            }
            catch (FormatsException e)
            {
                throw CliException.Usage(e.Message);
            }
        });
        Flags.Add("dry-run", "Show what this command would do without doing it.", () => _dryRun = true);
        Expect("path", p => _given = p, completer: Completions.Files);
    }

    public override string Description { get; }

    public override int Run(CommandContext context)
    {
        context.Settings.RequireAlgorithm(_algorithm);
        string file = Path.TrimEndingDirectorySeparator(Path.GetFullPath(_given));
        Source source = new() { Name = _name ?? Path.GetFileName(file), File = file, Method = ContentAddressMethods.Parse(_mode), Algorithm = _algorithm };
        using IStore store = StoreOpening.OpenAny(context);
        PathInfo info;
        if (store is ISourceAdder adder)
        {
            info = _dryRun ? adder.Compute(source) : adder.Add(source);
        }
        else
        {
            // It takes store objects only, so the file becomes one first.
            using ScratchStore scratch = new(store.StoreDir);
            info = scratch.Store.Add(source);
            if (!_dryRun)
            {
                PathCopier.Copy(scratch.Store, store, [info.Path], new CopyOptions { CheckSignatures = false });
            }
        }

        context.WriteLine(store.StoreDir.Print(info.Path));
        return 0;
    }
}
