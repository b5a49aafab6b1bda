using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Cli.Wiring;
using Firn.Eval.Store.Packages;
using Firn.Eval.Values;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands.Env;

/// <summary>Where packages are taken from: an expression, parts of one, another profile, or the store.</summary>
internal sealed class EnvSources(NixEnvCall call)
{
    private const int MostExpressions = 1024;

    private enum Kind
    {
        /// <summary>Arguments are selectors, or store paths where they have a slash.</summary>
        Unknown,

        /// <summary>Arguments are functions of the expression (<c>--from-expression</c>).</summary>
        Functions,

        /// <summary>Arguments are attribute paths (<c>--attr</c>).</summary>
        AttributePaths,

        /// <summary>Arguments are selectors of what another profile has (<c>--from-profile</c>).</summary>
        Profile,
    }

    private Kind _kind;
    private string _profile = "";

    /// <summary>Handles a flag of an operation that installs, if it chooses a source.</summary>
    public bool Handle(IEnumerator<string> flags)
    {
        switch (flags.Current)
        {
            case "--from-expression" or "-E":
                _kind = Kind.Functions;
                return true;
            case "--from-profile":
                _kind = Kind.Profile;
                flags.MoveNext();
                _profile = flags.Current;
                return true;
            case "--attr" or "-A":
                _kind = Kind.AttributePaths;
                return true;
            default:
                return false;
        }
    }

    /// <summary>The packages that the arguments mean.</summary>
    /// <param name="newestOnly">Of packages with one name, only the best.</param>
    public List<PackageInfo> Select(bool newestOnly)
    {
        PackagePreference? preference = newestOnly ? new PackagePreference(call.Context.Settings.String("system"), call.Context.Warn) : null;
        switch (_kind)
        {
            case Kind.Functions:
                Value root = Root();
                return [.. call.Arguments.SelectMany(text => Find(call.Session.Evaluator.Call(call.Session.Expression(text), root), ""))];
            case Kind.AttributePaths:
                Value source = Root();
                return [.. call.Arguments.SelectMany(path => Find(call.Session.Selector.Select(source, path), ""))];
            case Kind.Profile:
                return PackageSelector.Select(UserEnvironment.Installed(call.Session, _profile), call.Arguments, preference);
            default:
                return call.Arguments.Count > 0 && call.Arguments[0].Contains('/')
                    ? call.Arguments.ConvertAll(StorePackage)
                    : PackageSelector.Select(Available(""), call.Arguments, preference);
        }
    }

    /// <summary>All packages of the expression that the system filter lets through.</summary>
    /// <param name="attrPath">Where in it to look.</param>
    public List<PackageInfo> Available(string attrPath)
    {
        List<PackageInfo> found = Find(call.Session.Selector.Select(Root(), attrPath), attrPath);
        if (call.SystemFilter != "*")
        {
            found.RemoveAll(package => package.System != call.SystemFilter);
        }

        return found;
    }

    private List<PackageInfo> Find(Value value, string path) =>
        [.. new PackageFinder(call.Session.Evaluator, call.Session.Selector, skipFailedAssertions: true).Find(value, path)
            .Select(package => new PackageInfo(call.Session.Evaluator, package))];

    private PackageInfo StorePackage(string argument)
    {
        StorePath path = StorePathArgument.Follow(call.Store.StoreDir, argument);
        if (!path.IsDerivation)
        {
            return new PackageInfo(call.Session.Evaluator, path);
        }

        foreach (DerivationOutputPath output in call.Store.DerivationOutputs(path))
        {
            if (output.Output == "out")
            {
                return new PackageInfo(call.Session.Evaluator, output.Path, path);
            }
        }

        throw new CliException($"derivation '{call.Store.StoreDir.Print(path)}' has no output 'out' whose path is known");
    }

    /// <summary>The value of the file of <c>-f</c>, or of the user's default expressions.</summary>
    private Value Root()
    {
        if (call.Expression is string given)
        {
            return call.Session.Expression(given);
        }

        string path = call.File is string file
            ? Encoding.UTF8.GetString(call.Session.FilePath(file))
            : DefaultExpressions.Find(call.Context, call.Store);
        if (call.Store.StoreDir.Contains(path) || IsExpression(path))
        {
            return call.Session.Evaluator.DelayRoot(Encoding.UTF8.GetBytes(path));
        }

        if (!Directory.Exists(path))
        {
            throw new CliException($"path '{path}' is not a directory or a Nix expression");
        }

        SortedDictionary<string, Value> expressions = new(StringComparer.Ordinal);
        Collect(path, expressions);
        AttrsBuilder all = new(expressions.Count + 1);
        all.Add(call.Session.Evaluator.Symbols.Intern("_combineChannels"), VList.Empty);
        foreach ((string name, Value expression) in expressions)
        {
            all.Add(call.Session.Evaluator.Symbols.Intern(name), expression);
        }

        return all.Build();
    }

    private static bool IsExpression(string path) => File.Exists(path) || File.Exists(Path.Combine(path, "default.nix"));

    /// <summary>The expressions below a directory by the names that <c>-A</c> selects them with, those of subdirectories too.</summary>
    private void Collect(string directory, SortedDictionary<string, Value> expressions)
    {
        foreach (FileSystemInfo entry in new DirectoryInfo(directory).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            // A channel is a profile, and has a profile's list of packages.
            if (entry.Name == "manifest.nix")
            {
                continue;
            }

            string path = entry.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? entry.FullName;
            if (File.Exists(path) ? path.EndsWith(".nix", StringComparison.Ordinal) : IsExpression(path))
            {
                string name = entry.Name.EndsWith(".nix", StringComparison.Ordinal) ? entry.Name[..^4] : entry.Name;
                if (!expressions.TryAdd(name, Import(path)))
                {
                    call.Context.Warn($"name collision in input Nix expressions, skipping '{path}'"
                        + (path.Contains("channels", StringComparison.Ordinal) && directory.Contains("channels", StringComparison.Ordinal)
                            ? $"\nsuggestion: remove '{name}' from either the root channels or the user channels" : ""));
                }
                else if (expressions.Count == MostExpressions)
                {
                    throw new CliException($"too many Nix expressions in directory '{directory}'");
                }
            }
            else if (Directory.Exists(path))
            {
                Collect(path, expressions);
            }
        }
    }

    private Value Import(string path)
    {
        Value import = call.Session.Evaluator.Builtins.Get(call.Session.Evaluator.Symbols.Intern("import"))!;
        return call.Session.Evaluator.DelayCall(import, new VPath(Encoding.UTF8.GetBytes(path)));
    }
}
