using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Cli.Arguments;
using Firn.Cli.Installables;
using Firn.Cli.Processes;
using Firn.Cli.Repl;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Eval.Evaluation;
using Firn.Eval.Io;
using Firn.Eval.Values;
using Firn.Flakes;

namespace Firn.Cli.Commands.Flakes;

/// <summary>A command that makes a flake of a template.</summary>
internal abstract class TemplateCommand : FlakeCommand
{
    private string _template = "templates";

    protected TemplateCommand()
        : base(takesFlake: false, locks: false) =>
        Flags.Add("template", 't', "The template to use.", "template", t => _template = t, InstallableCompletion.For(new SourceFlags(), static _ => FlakePlaces.Templates));

    /// <summary>Copies the files of the template, and tells Git of them.</summary>
    /// <param name="directory">Absolute.</param>
    /// <exception cref="CliException">Files of another kind are there already.</exception>
    protected int Create(CommandContext context, EvaluationSession session, string directory)
    {
        (FlakeReference reference, string fragment) = FlakeWiring.ParseWithFragment(context, session.Store, _template);
        FlakeInstallable installable = new(
            context, session, reference, fragment, OutputsSelection.Default, FlakePlaces.Templates, () => FlakeWiring.Options(context.Settings) with { Write = false });
        Evaluator evaluator = session.Evaluator;
        VAttrs template = evaluator.ForceAttrs(installable.Value(out string place), "");
        Value path = template.Get(evaluator.Symbols.Intern("path")) ?? throw new EvalError(EvalErrorKind.Error, $"attribute '{place + ".path"}' does not exist");
        TemplateCopy copy = new(context, session);
        copy.Directory(evaluator.CoerceToPath(path, "", out _), directory);
        if (copy.Written.Count > 0 && Path.Exists(Path.Combine(directory, ".git")))
        {
            int status = new ProgramRunner().Run(["git", "-C", directory, "add", "--intent-to-add", "--force", "--", .. copy.Written], new Dictionary<string, string>());
            if (status != 0)
            {
                throw new CliException($"program 'git' failed with exit code {status}");
            }
        }

        if (template.Get(evaluator.Symbols.Intern("welcomeText")) is { } welcome)
        {
            context.Note("\n");
            context.Note(MarkdownText.Render(evaluator.ForceString(welcome, "").Text));
        }

        return copy.Conflicts == 0 ? 0 : throw new CliException($"encountered {copy.Conflicts} conflicts - see above");
    }

    // Copies trees beside what is there, and never over it.
    private sealed class TemplateCopy(CommandContext context, EvaluationSession session)
    {
        private readonly IEvalIo _io = session.Evaluator.Io;

        /// <summary>The files that were made, and all folders.</summary>
        public List<string> Written { get; } = [];

        /// <summary>How many files were there already with other contents.</summary>
        public int Conflicts { get; private set; }

        public void Directory(byte[] from, string to)
        {
            System.IO.Directory.CreateDirectory(to);
            List<DirectoryEntry> entries = [.. _io.ReadDirectory(from)];
            entries.Sort(static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
            foreach (DirectoryEntry entry in entries)
            {
                byte[] source = [.. from, (byte)'/', .. entry.Name];
                string target = Path.Combine(to, Encoding.UTF8.GetString(entry.Name));
                FileType? type = _io.Lstat(source);
                if (type == FileType.Directory)
                {
                    Directory(source, target);
                    Tell(target);
                    continue;
                }

                FileInfo there = new(target);
                bool exists = there.Exists || there.LinkTarget is not null || System.IO.Directory.Exists(target);
                bool written = type switch
                {
                    FileType.Regular => File(source, there, exists),
                    FileType.Symlink => Link(source, there, exists),
                    _ => throw new CliException($"path '{Shown(source)}' needs to be a symlink, file, or directory but instead is a unknown"),
                };
                if (written)
                {
                    Tell(target);
                }
            }
        }

        private void Tell(string target)
        {
            Written.Add(target);
            context.Note($"wrote: \"{target}\"");
        }

        private string Shown(byte[] path)
        {
            string text = Encoding.UTF8.GetString(path);
            return session.Store.ShownPath(text) ?? text;
        }

        private bool File(byte[] source, FileInfo target, bool exists)
        {
            byte[] contents = _io.ReadFile(source);
            if (exists)
            {
                return Compare(source, target, System.IO.File.ReadAllBytes(target.FullName).AsSpan().SequenceEqual(contents));
            }

            System.IO.File.WriteAllBytes(target.FullName, contents);
            return true;
        }

        private bool Link(byte[] source, FileInfo target, bool exists)
        {
            string wanted = Encoding.UTF8.GetString(_io.ReadLink(source));
            if (exists)
            {
                return Compare(source, target, target.LinkTarget == wanted);
            }

            System.IO.File.CreateSymbolicLink(target.FullName, wanted);
            return true;
        }

        private bool Compare(byte[] source, FileInfo target, bool same)
        {
            if (same)
            {
                context.Note($"skipping identical file: {Shown(source)}");
                return false;
            }

            context.Say(LogLevel.Error, $"refusing to overwrite existing file \"{target.FullName}\"\n please merge it manually with '{Shown(source)}'");
            Conflicts++;
            return false;
        }
    }
}
