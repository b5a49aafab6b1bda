using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Firn.Shells.Development;

/// <summary>What bash reads to have the environment of a derivation.</summary>
/// <remarks>Nix manual, command-ref/new-cli/nix3-develop and nix3-print-dev-env</remarks>
public sealed class DevelopmentScript
{
    // Of a build, or of the user who made it, and nothing for another shell.
    private static readonly HashSet<string> s_ignored = new(StringComparer.Ordinal)
    {
        "BASHOPTS", "HOME", "NIX_BUILD_TOP", "NIX_ENFORCE_PURITY", "NIX_LOG_FD", "NIX_REMOTE", "PPID", "SHELLOPTS", "SSL_CERT_FILE",
        "TEMP", "TEMPDIR", "TERM", "TMP", "TMPDIR", "TZ", "UID",
    };

    // Values of the caller that come after those of the environment, so that the shell stays usable: its commands, and what it completes.
    private static readonly string[] s_extended = ["PATH", "XDG_DATA_DIRS"];

    private readonly BashEnvironment _environment;
    private readonly SortedDictionary<string, string> _moved = new(StringComparer.Ordinal);
    private readonly string _text;

    public DevelopmentScript(BashEnvironment environment)
    {
        _environment = environment;
        StringBuilder text = new("unset shellHook\n");
        foreach (string name in s_extended)
        {
            text.Append($"{name}=${{{name}:-}}\nnix_saved_{name}=\"${name}\"\n");
        }

        text.Append(environment.ToBash(s_ignored));
        foreach (string name in s_extended)
        {
            text.Append($"{name}=\"${name}${{nix_saved_{name}:+:$nix_saved_{name}}}\"\n");
        }

        text.Append("export NIX_BUILD_TOP=\"$(mktemp -d -t nix-shell.XXXXXX)\"\n");
        foreach (string name in (ReadOnlySpan<string>)["TMP", "TMPDIR", "TEMP", "TEMPDIR"])
        {
            text.Append($"export {name}=\"$NIX_BUILD_TOP\"\n");
        }

        text.Append("eval \"${shellHook:-}\"\n");
        _text = text.ToString();
    }

    /// <summary>Whether the environment names a path.</summary>
    public bool Mentions(string path) => _text.Contains(path, StringComparison.Ordinal);

    /// <summary>Has another path stand wherever one is named. What was moved first stays.</summary>
    public void Move(string from, string to) => _moved.TryAdd(from, to);

    /// <summary>Has outputs be in a directory, which can be written to.</summary>
    /// <exception cref="ShellException">The environment does not say what its outputs are.</exception>
    public void MoveOutputs(string directory)
    {
        foreach ((string name, string path) in _environment.Outputs())
        {
            Move(path, directory + "/" + name);
        }
    }

    /// <summary>The files that a builder with structured attributes finds, which are to be elsewhere here; none without.</summary>
    /// <param name="directory">Where they are to be.</param>
    /// <returns>Absolute paths and contents.</returns>
    public IReadOnlyList<(string Path, string Contents)> MoveAttributes(string directory)
    {
        if (_environment.Attributes is not { } attributes)
        {
            return [];
        }

        Attribute("NIX_ATTRS_SH_FILE", directory + "/.attrs.sh");
        Attribute("NIX_ATTRS_JSON_FILE", directory + "/.attrs.json");
        return [(directory + "/.attrs.sh", attributes.Shell), (directory + "/.attrs.json", attributes.Json)];
    }

    private void Attribute(string variable, string path)
    {
        if (_environment.Variables.GetValueOrDefault(variable) is BashVariable.Text text)
        {
            Move(text.Value, path);
        }
    }

    /// <summary>The script.</summary>
    public override string ToString()
    {
        string text = _text;
        foreach ((string from, string to) in _moved)
        {
            text = from.Length == 0 ? text : text.Replace(from, to, StringComparison.Ordinal);
        }

        return text;
    }

    /// <summary>A script that runs a phase of the build and ends.</summary>
    /// <param name="phase">Its name without <c>Phase</c>.</param>
    public static string ForPhase(string phase) =>
        // So that a build phase whose configuring came before has something to do.
        $"foundMakefile=1\nrunHook {phase}Phase\n";

    /// <summary>A script that becomes a command.</summary>
    public static string ForCommand(IEnumerable<string> words) => $"exec {string.Join(' ', words.Select(BashText.Quote))}\n";

    /// <summary>The text for a shell that asks for commands, with the user's own start-up file and the prompt of the settings.</summary>
    /// <param name="script">What the shell reads beside that.</param>
    public static string ForUser(string script, string prompt, string prefix, string suffix)
    {
        // Aliases of the user must not get into what the environment does.
        StringBuilder text = new("[ -n \"$PS1\" ] && [ -e ~/.bashrc ] && source ~/.bashrc;\nshopt -u expand_aliases\n");
        text.Append(script).Append("\nshopt -s expand_aliases\n");
        if (prompt.Length > 0)
        {
            text.Append($"[ -n \"$PS1\" ] && PS1={BashText.Quote(prompt)};\n");
        }

        if (prefix.Length > 0)
        {
            text.Append($"[ -n \"$PS1\" ] && PS1={BashText.Quote(prefix)}\"$PS1\";\n");
        }

        if (suffix.Length > 0)
        {
            text.Append($"[ -n \"$PS1\" ] && PS1+={BashText.Quote(suffix)};\n");
        }

        return text.ToString();
    }
}
