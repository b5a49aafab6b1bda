using System;
using System.Collections.Generic;
using Firn.Cli.Commands;
using Firn.Eval.Errors;

namespace Firn.Cli.Arguments;

/// <summary>
/// Reads the line of a <c>nix</c> command: from left to right, words choose subcommands, then fill operands; flags
/// are looked for among those of every command first, then in the groups and the command chosen so far.
/// </summary>
internal sealed class CommandLine
{
    private const string CompletionMarker = "___COMPLETE___";

    private readonly CommandContext _context;
    private readonly GlobalFlags _global;
    private readonly CommandGroup _root;
    private readonly List<string> _words;
    private readonly List<NixCommand> _chosen;
    private readonly HashSet<string> _features = [];
    private readonly HashSet<Flag> _used = [];
    private readonly List<Action> _deferred = [];
    private readonly List<string> _pending = [];
    private int _operand;
    private bool _aliasUsed;

    public CommandLine(CommandContext context, GlobalFlags global, CommandGroup root, IReadOnlyList<string> arguments)
    {
        _context = context;
        _global = global;
        _root = root;
        _words = [.. arguments];
        _chosen = [root];
    }

    /// <summary>The words that chose the command.</summary>
    public List<string> Names { get; } = [];

    /// <summary>The command that the words lead to so far.</summary>
    public NixCommand Command => _chosen[^1];

    /// <summary>The command that the first word chose, or the root.</summary>
    public NixCommand First => _chosen[_chosen.Count > 1 ? 1 : 0];

    /// <summary>Set where a shell asks what to write next; nothing is to run then.</summary>
    public Completions? Completions { get; private set; }

    /// <summary>Reads it all.</summary>
    /// <exception cref="CliException">The line is wrong.</exception>
    public void Read()
    {
        if (Environment.GetEnvironmentVariable("NIX_GET_COMPLETIONS") is { Length: > 0 } at)
        {
            _words[CompletedWord(at)] += CompletionMarker;
            Completions = new Completions(_context);
            _context.Verbosity = 0;
        }

        bool flagsEnded = false;
        for (int i = 0; i < _words.Count;)
        {
            string word = _words[i];
            if (!flagsEnded && word.Length > 2 && word[0] == '-' && word[1] != '-' && char.IsAsciiLetter(word[1]))
            {
                SplitBundle(i);
                word = _words[i];
            }

            if (!flagsEnded && word == "--")
            {
                flagsEnded = true;
                i++;
            }
            else if (!flagsEnded && word.StartsWith('-'))
            {
                if (!ReadFlag(ref i))
                {
                    throw CliException.UnknownFlag(word);
                }
            }
            else
            {
                ReplaceAlias(i);
                _pending.Add(_words[i++]);
                ReadOperands(atEnd: false);
            }
        }

        ReadOperands(atEnd: true);
        if (Completions is null)
        {
            CheckRequired();
        }

        foreach (string feature in _features)
        {
            _context.Settings.RequireFeature(feature);
        }

        if (Completions is not null)
        {
            Completions.Flakes = Command.Flakes;
        }

        foreach (Action complete in _deferred)
        {
            complete();
        }
    }

    private int CompletedWord(string at) =>
        int.TryParse(at, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int number) && number > 0 && number <= _words.Count
            ? number - 1
            : throw new CliException($"NIX_GET_COMPLETIONS is '{at}', which is no number of one of the {_words.Count} words behind the program's name");

    /// <summary>Takes <c>-j4</c> as <c>-j 4</c> and <c>-vvv</c> as <c>-v -v -v</c>.</summary>
    private void SplitBundle(int index)
    {
        string bundle = _words[index];
        _words[index] = bundle[..2];
        int at = index + 1;
        for (int i = 2; i < bundle.Length; i++)
        {
            if (!char.IsAsciiLetter(bundle[i]))
            {
                _words.Insert(at, bundle[i..]);
                break;
            }

            _words.Insert(at++, "-" + bundle[i]);
        }
    }

    private string? Prefix(string word)
    {
        int marker = Completions is null ? -1 : word.IndexOf(CompletionMarker, StringComparison.Ordinal);
        return marker < 0 ? null : word[..marker];
    }

    private bool ReadFlag(ref int i)
    {
        string word = _words[i];
        if (Prefix(word) is string prefix)
        {
            CompleteFlag(prefix);
            i++;
            return true;
        }

        Flag? flag = word.StartsWith("--", StringComparison.Ordinal) ? FindLong(word[2..]) : word.Length == 2 ? FindShort(word[1]) : null;
        if (flag is null)
        {
            return false;
        }

        i++;
        if (flag.Feature is not null)
        {
            _features.Add(flag.Feature);
        }

        string[] values = new string[flag.TakesRest ? _words.Count - i : flag.Labels.Length];
        bool complete = false;
        int count = 0;
        for (; count < values.Length; count++)
        {
            if (i == _words.Count)
            {
                if (complete)
                {
                    break;
                }

                throw CliException.Usage($"flag '{word}' requires {values.Length} argument(s), but only {count} were given");
            }

            if (Prefix(_words[i]) is string begun)
            {
                complete = true;
                int index = count;
                _deferred.Add(() => flag.Completer?.Invoke(Completions!, index, begun));
            }

            values[count] = _words[i++];
        }

        if (!complete)
        {
            flag.Handler(values);
        }

        _used.Add(flag);
        return true;
    }

    private Flag? FindLong(string name)
    {
        Flag? flag = _global.Find(name);
        for (int i = 0; flag is null && i < _chosen.Count; i++)
        {
            flag = _chosen[i].Flags.Find(name);
        }

        return flag;
    }

    private Flag? FindShort(char letter)
    {
        Flag? flag = _global.Find(letter);
        for (int i = 0; flag is null && i < _chosen.Count; i++)
        {
            flag = _chosen[i].Flags.Find(letter);
        }

        return flag;
    }

    private void CompleteFlag(string prefix)
    {
        List<FlagTable> tables = [_global.Table];
        tables.AddRange(_chosen.ConvertAll(c => c.Flags));
        foreach (FlagTable table in tables)
        {
            if (prefix.StartsWith("--", StringComparison.Ordinal))
            {
                foreach ((string name, Flag flag) in table.Names)
                {
                    if (name.StartsWith(prefix[2..], StringComparison.Ordinal))
                    {
                        Completions!.Add("--" + name, flag.Description);
                    }
                }
            }
            else if (prefix == "-")
            {
                Completions!.Add("--");
                foreach (Flag flag in table.Letters)
                {
                    Completions.Add("-" + flag.ShortName, flag.Description);
                }
            }
        }
    }

    /// <summary>An old name of a command becomes the words that it has now.</summary>
    private void ReplaceAlias(int i)
    {
        if (_aliasUsed || Names.Count > 0 || CommandAliases.Find(_words[i]) is not { } alias)
        {
            return;
        }

        if (alias.Deprecated)
        {
            _context.Warn($"'{_words[i]}' is a deprecated alias for '{string.Join(' ', alias.Words)}'");
        }

        _words.RemoveAt(i);
        _words.InsertRange(i, alias.Words);
        _aliasUsed = true;
    }

    private void ReadOperands(bool atEnd)
    {
        if (Command is CommandGroup group)
        {
            if (_pending.Count > 0)
            {
                Choose(group, _pending[0]);
                _pending.Clear();
            }

            return;
        }

        List<Operand> operands = Command.Operands;
        if (_operand == operands.Count)
        {
            if (_pending.Count > 0)
            {
                throw CliException.Usage($"unexpected argument '{_pending[0]}'");
            }

            return;
        }

        Operand operand = operands[_operand];
        if (operand.Many ? atEnd : _pending.Count == 1)
        {
            bool complete = false;
            for (int i = 0; i < _pending.Count; i++)
            {
                if (Prefix(_pending[i]) is string prefix)
                {
                    complete = true;
                    int index = i;
                    _pending[i] = prefix;
                    _deferred.Add(() => operand.Completer?.Invoke(Completions!, index, prefix));
                }
            }

            if (!complete)
            {
                operand.Handler([.. _pending]);
            }

            _pending.Clear();
            _operand++;
        }

        if (atEnd && _operand < operands.Count && !operands[_operand].Optional)
        {
            throw CliException.Usage("more arguments are required");
        }
    }

    private void Choose(CommandGroup group, string name)
    {
        if (Prefix(name) is string prefix)
        {
            foreach (CommandEntry each in group.Entries)
            {
                if (each.Name.StartsWith(prefix, StringComparison.Ordinal) && each.Category != CommandCategory.Hidden)
                {
                    Completions!.Add(each.Name);
                }
            }

            return;
        }

        if (group.OldNames.TryGetValue(name, out string? now))
        {
            _context.Warn($"'{name}' is a deprecated alias for '{now}'");
            name = now;
        }

        if (group.Find(name) is not CommandEntry entry)
        {
            List<string> names = [];
            foreach (CommandEntry each in group.Entries)
            {
                if (each.Category != CommandCategory.Hidden)
                {
                    names.Add(each.Name);
                }
            }

            throw CliException.Usage($"'{name}' is not a recognised command", Suggestions.For(names, name));
        }

        Names.Add(name);
        _chosen.Add(entry.Make());
    }

    private void CheckRequired()
    {
        foreach (NixCommand command in _chosen)
        {
            foreach (Flag flag in command.Flags.All)
            {
                if (flag.Required && !_used.Contains(flag))
                {
                    throw CliException.Usage($"required argument '--{flag.Name}' is missing");
                }
            }
        }
    }
}
