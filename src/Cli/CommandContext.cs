using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Build.History;
using Firn.Cli.Rendering.Logs;
using Firn.Cli.Settings;
using Firn.Cli.Wiring;
using Firn.Eval.Errors;
using Firn.Store.BinaryCache;

namespace Firn.Cli;

/// <summary>What every command of one process shares: the name it was called by, settings, streams, verbosity.</summary>
internal sealed class CommandContext(string programPath)
{
    private NixSettings? _settings;
    private string? _baseDirectory;
    private TextReader? _input;
    private BinaryCacheServices? _cacheServices;
    private SubstituterList? _substituters;
    private ActivityHub? _log;
    private BuildHistory? _history;

    /// <summary>How the program was called.</summary>
    public string ProgramPath { get; } = programPath;

    /// <summary>Its name, which says what command it is.</summary>
    public string ProgramName { get; } = Path.GetFileName(programPath);

    /// <summary>A <see cref="LogLevel"/>: what is less urgent is not said.</summary>
    public int Verbosity { get; set; } = LogLevel.Info;

    /// <summary>The standard output, as bytes: what the language produces is bytes.</summary>
    public Stream Out { get; } = new BufferedStream(Rendering.StandardStream.Output, 1 << 16);

    /// <summary>The standard input as lines, for all who read them.</summary>
    public TextReader Input => _input ??= new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false));

    /// <summary>Settings, read from the files when first asked for.</summary>
    public NixSettings Settings => _settings ??= NixSettings.Load(Environment.GetEnvironmentVariable, Warn);

    /// <summary>Whether <see cref="Settings"/> were asked for already, and could be read.</summary>
    public bool SettingsAreRead => _settings is not null;

    /// <summary>Where messages and activities go; made when first asked for, so after the flags are read.</summary>
    public ActivityHub Log => _log ??= LogFormats.Create(this);

    /// <summary>The log, if anything went to it.</summary>
    public ActivityHub? UsedLog => _log;

    /// <summary>Earlier builds of this user, for guesses; without a home nothing is known and nothing kept.</summary>
    public BuildHistory? History => _history ??= CacheWiring.CacheDirectory() is { } directory
        ? new BuildHistory(Path.Combine(directory, BuildHistory.FileName), problem => Say(LogLevel.Debug, problem))
        : null;

    /// <summary>What binary caches of this process share; made when first asked for.</summary>
    public BinaryCacheServices CacheServices => _cacheServices ??= CacheWiring.Services(this);

    /// <summary>The stores that paths are taken from.</summary>
    public SubstituterList Substituters => _substituters ??= new SubstituterList(this);

    /// <summary>The store that evaluation writes to; null before it is opened.</summary>
    public EvaluationStore? EvaluationStore { get; set; }

    /// <summary>How progress is shown (<c>--log-format</c>), or null for what suits the terminal.</summary>
    public string? LogFormat { get; private set; }

    /// <summary>Sets how progress is shown.</summary>
    /// <exception cref="CliException">There is no such format.</exception>
    public void SetLogFormat(string format) => LogFormat = format switch
    {
        "raw" or "raw-with-logs" or "internal-json" or "bar" or "bar-with-logs" or "multiline" or "multiline-with-logs" => format,
        _ => throw new CliException($"option 'log-format' has an invalid value '{format}'"),
    };

    /// <summary>Whether a terminal gets a tree of what is built and fetched where no format is asked for.</summary>
    public bool PrefersTree { get; set; }

    /// <summary>False with <c>-Q</c>: the output of builders is not shown.</summary>
    public bool ShowBuildOutput { get; set; } = true;

    /// <summary>True with <c>-L</c>: whole logs are shown by the new commands.</summary>
    public bool PrintBuildLogs { get; set; }

    /// <summary>False with <c>--no-gc-warning</c>: nobody is told that results without a root may be collected.</summary>
    public bool WarnAboutRoots { get; set; } = true;

    /// <summary>Says once that what was made has no root.</summary>
    public void WarnAboutMissingRoot()
    {
        if (WarnAboutRoots)
        {
            WarnAboutRoots = false;
            Warn("you did not specify '--add-root'; the result might be removed by the garbage collector");
        }
    }

    /// <summary>
    /// Where relative paths among the arguments start: the working directory, or, where the arguments are in a script, the directory of that.
    /// </summary>
    public string BaseDirectory
    {
        get => _baseDirectory ?? Directory.GetCurrentDirectory();
        set => _baseDirectory = value;
    }

    /// <summary>True with <c>--repair</c>.</summary>
    public bool Repair { get; set; }

    /// <summary>Whether nothing may be written to the store (<c>--readonly-mode</c>, <c>--eval</c>).</summary>
    public bool ReadOnly { get; set; }

    public void Warn(string message) => Log.Log(Formats.Logging.Verbosity.Warning, ErrorText.WarningLabel + message);

    /// <summary>Shows an error; lines after the first stand under the first one's text.</summary>
    public void Error(string message) => Log.Error(ErrorText.Error(Rendering.Terminal.Shown(message)));

    public void Note(string message) => Say(LogLevel.Notice, message);

    /// <summary>A message of a <see cref="LogLevel"/>.</summary>
    public void Say(int level, string message) => Log.Log((Formats.Logging.Verbosity)level, message);

    /// <summary>The sources of the evaluation in this process, for rendering where an error is; null before there is one.</summary>
    public PositionTable? ErrorPositions { get; set; }

    public void Write(ReadOnlySpan<byte> text) => Out.Write(text);

    public void WriteLine(ReadOnlySpan<byte> text)
    {
        Out.Write(text);
        Out.WriteByte((byte)'\n');
    }

    public void WriteLine(string text) => WriteLine(Encoding.UTF8.GetBytes(text));
}
