using System;
using System.Collections.Generic;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Wiring;
using Firn.Eval.Evaluation;
using Firn.Eval.Values;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Fetching;

/// <summary><c>nix-prefetch-url</c>: downloads a file into the store and prints its hash.</summary>
/// <remarks>Nix manual, command-ref/nix-prefetch-url</remarks>
internal sealed class NixPrefetchUrl : ICommand
{
    private readonly EvaluationFlags _evaluation = new();
    private readonly List<string> _operands = [];
    private HashAlgorithm _algorithm = HashAlgorithm.Sha256;
    private bool _printPath = Environment.GetEnvironmentVariable("PRINT_PATH") == "1";
    private bool _unpack, _executable;
    private string? _attrPath, _name;

    public int Run(CommandContext context, IReadOnlyList<string> arguments)
    {
        ReadArguments(context, new ArgumentReader(arguments));
        if (_operands.Count > 2)
        {
            throw CliException.Usage("too many arguments");
        }

        if (_attrPath is null && _operands.Count == 0)
        {
            throw CliException.Usage("you must specify a URL");
        }

        using ILocalFsStore store = StoreOpening.Open(context);
        string url = _attrPath is not null || _operands[0].StartsWith("mirror://", StringComparison.Ordinal)
            ? EvaluationThread.Run(() => EvaluateUrl(context, store))
            : _operands[0];
        Hash? expected = _operands.Count == 2 ? Hash.Parse(_operands[1], _algorithm) : null;
        (StorePath path, Hash hash) = new FilePrefetcher(_name, _algorithm, expected, _unpack, _executable).Fetch(context, store, url);
        if (!_printPath && context.Verbosity >= LogLevel.Info)
        {
            context.Say(LogLevel.Info, $"path is '{store.StoreDir.Print(path)}'");
        }

        context.WriteLine(hash.ToString(hash.Algorithm == HashAlgorithm.Md5 ? HashFormat.Base16 : HashFormat.Nix32, prefix: false));
        if (_printPath)
        {
            context.WriteLine(store.StoreDir.Print(path));
        }

        return 0;
    }

    private void ReadArguments(CommandContext context, ArgumentReader reader)
    {
        while (reader.MoveNext())
        {
            switch (reader.Current)
            {
                case "--type":
                    _algorithm = HashAlgorithms.Parse(reader.Value());
                    break;
                case "--print-path":
                    _printPath = true;
                    break;
                case "--attr" or "-A":
                    _attrPath = reader.Value();
                    break;
                case "--unpack":
                    _unpack = true;
                    break;
                case "--executable":
                    _executable = true;
                    break;
                case "--name":
                    _name = reader.Value();
                    break;
                default:
                    if (!reader.IsFlag)
                    {
                        _operands.Add(reader.Current);
                    }
                    else if (!_evaluation.Handle(reader) && !CommonFlags.Handle(context, reader))
                    {
                        throw CliException.UnknownFlag(reader.Current);
                    }

                    break;
            }
        }
    }

    private string EvaluateUrl(CommandContext context, ILocalFsStore store)
    {
        EvaluationSession session = new(context, _evaluation, store);
        string url = _attrPath is null ? _operands[0] : UrlOfAttribute(context, session, _attrPath);
        if (!url.StartsWith("mirror://", StringComparison.Ordinal) || context.Settings.List("mirrors").Length > 0)
        {
            // Mirrors that are configured are the downloader's to choose from.
            return url;
        }

        int slash = url.IndexOf('/', "mirror://".Length);
        if (slash < 0)
        {
            throw new CliException($"invalid mirror URL '{url}'");
        }

        string name = url["mirror://".Length..slash];
        Evaluator evaluator = session.Evaluator;
        VAttrs mirrors = evaluator.ForceAttrs(session.Expression("import <nixpkgs/pkgs/build-support/fetchurl/mirrors.nix>"), "while evaluating the set of all mirrors");
        Value list = mirrors.Get(evaluator.Symbols.Intern(name)) ?? throw new CliException($"unknown mirror name '{name}'");
        VList servers = evaluator.ForceList(list, "while evaluating one mirror configuration");
        if (servers.Count == 0)
        {
            throw new CliException($"mirror URL '{url}' did not expand to anything");
        }

        string server = evaluator.ForceString(servers.Items[0], "while evaluating the first available mirror").Text;
        return (server.EndsWith('/') ? server : server + "/") + url[(slash + 1)..];
    }

    /// <summary>The URL, mode and name of a call of <c>fetchurl</c>.</summary>
    private string UrlOfAttribute(CommandContext context, EvaluationSession session, string attrPath)
    {
        Evaluator evaluator = session.Evaluator;
        Value root = session.File(_operands.Count == 0 ? "." : _operands[0]);
        VAttrs source = evaluator.ForceAttrs(session.Selector.Select(root, attrPath), "while evaluating the source attribute to prefetch");
        Value urls = source.Get(evaluator.Symbols.Intern("urls")) ?? throw new CliException("attribute 'urls' missing");
        VList list = evaluator.ForceList(urls, "while evaluating the urls to prefetch");
        if (list.Count == 0)
        {
            throw new CliException("'urls' list is empty");
        }

        if (source.Get(WellKnown.OutputHashMode) is Value mode)
        {
            _unpack = evaluator.ForceString(mode, "while evaluating the outputHashMode of the source to prefetch").Text == "recursive";
        }
        else context.Say(LogLevel.Info, "warning: this does not look like a fetchurl call");

        if (_name is null && source.Get(WellKnown.Name) is Value name)
        {
            _name = Encoding.UTF8.GetString(evaluator.ForceStringNoContext(name, "while evaluating the name of the source to prefetch"));
        }

        return evaluator.ForceString(list.Items[0], "while evaluating the first url from the urls list").Text;
    }
}
