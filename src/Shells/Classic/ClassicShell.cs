using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Firn.Build;
using Firn.Formats.Derivations;

namespace Firn.Shells.Classic;

/// <summary>
/// A shell in place of the builder of a derivation, as <c>nix-shell</c> gives it: the variables of the derivation, the
/// functions of its <c>stdenv</c>, and its <c>shellHook</c>.
/// </summary>
/// <remarks>Nix manual, command-ref/nix-shell</remarks>
public sealed class ClassicShell
{
    /// <summary>Variables of the caller that a pure shell has too.</summary>
    public static readonly IReadOnlyList<string> PureVariables =
    [
        "HOME", "XDG_RUNTIME_DIR", "USER", "LOGNAME", "DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "PATH", "TERM", "IN_NIX_SHELL",
        "NIX_SHELL_PRESERVE_PROMPT", "TZ", "PAGER", "NIX_BUILD_SHELL", "SHLVL",
        "http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "no_proxy", "NO_PROXY",
    ];

    /// <summary>What the builder would find.</summary>
    public required BuilderInputs Inputs { get; init; }

    /// <summary>An absolute path: where the shell has its files. It removes the directory when it ends.</summary>
    public required string Directory { get; init; }

    /// <summary>The store as programs see it.</summary>
    public required string StoreDir { get; init; }

    /// <summary>Value of NIX_BUILD_CORES.</summary>
    public required int Cores { get; init; }

    /// <summary>The shell: a path, or a name to be looked up.</summary>
    public required string Shell { get; init; }

    /// <summary>What it does before it asks for commands, or instead of it; empty for nothing.</summary>
    public string Command { get; init; } = "";

    /// <summary>Whether the caller's variables are left out, but for <see cref="Kept"/>.</summary>
    public bool IsPure { get; init; }

    public IReadOnlySet<string> Kept { get; init; } = new HashSet<string>();

    /// <summary>Whether the prompt is that of the superuser.</summary>
    public bool IsRoot { get; init; }

    /// <summary>The file that bash reads first.</summary>
    public string RcFile => Directory + "/rc";

    private IEnumerable<EnvironmentVariable> DerivationVariables => Inputs.Attributes is null
        ? Inputs.Derivation.Environment
        : Inputs.Derivation.Environment.Where(static v => !v.Name.AsSpan().SequenceEqual(Derivation.StructuredAttributesVariable));

    private IEnumerable<EnvironmentVariable> FileVariables => DerivationVariables.Where(v => Inputs.PassAsFile.Contains(Encoding.UTF8.GetString(v.Name)));

    /// <summary>Makes of the caller's environment that of the shell.</summary>
    public void Enter(ShellVariables variables)
    {
        if (IsPure)
        {
            variables.Keep(Kept);
            // Else the system's own start-up file brings back what was left out.
            variables.Set("__ETC_PROFILE_SOURCED", "1");
        }

        foreach (string name in (ReadOnlySpan<string>)["NIX_BUILD_TOP", "TMPDIR", "TEMPDIR", "TMP", "TEMP"])
        {
            variables.Set(name, Directory);
        }

        variables.Set("NIX_STORE", StoreDir);
        variables.Set("NIX_BUILD_CORES", Cores.ToString(CultureInfo.InvariantCulture));
        foreach ((byte[] name, byte[] value) in DerivationVariables)
        {
            variables.Set(name, value);
        }

        int number = 0;
        foreach ((byte[] name, _) in FileVariables)
        {
            variables.Remove(Encoding.UTF8.GetString(name));
            variables.Set(Encoding.UTF8.GetString(name) + "Path", FileOf(number++));
        }

        if (Inputs.Attributes is not null)
        {
            variables.Set("NIX_ATTRS_SH_FILE", Directory + "/.attrs.sh");
            variables.Set("NIX_ATTRS_JSON_FILE", Directory + "/.attrs.json");
        }
    }

    /// <summary>The files that are to be in <see cref="Directory"/>, by their absolute paths.</summary>
    /// <param name="timeZone">The caller's TZ, or null.</param>
    public IEnumerable<(string Path, byte[] Contents)> Files(string? timeZone)
    {
        int number = 0;
        foreach ((_, byte[] value) in FileVariables)
        {
            yield return (FileOf(number++), value);
        }

        if (Inputs.Attributes is { } attributes)
        {
            yield return (Directory + "/.attrs.sh", attributes.Shell);
            yield return (Directory + "/.attrs.json", attributes.Json);
        }

        yield return (RcFile, Encoding.UTF8.GetBytes(Rc(timeZone)));
    }

    private string FileOf(int number) => Directory + "/.attr-" + number.ToString(CultureInfo.InvariantCulture);

    private string Rc(string? timeZone)
    {
        // In one line, as far as may be: aliases of the user's start-up file count from the next line on.
        StringBuilder rc = new();
        void Line(string text) => rc.Append(text).Append("; ");

        Line($"_nix_shell_clean_tmpdir() {{ command rm -rf {BashText.Quote(Directory)}; }}");
        Line("trap _nix_shell_clean_tmpdir EXIT");
        Line("exitHooks+=(_nix_shell_clean_tmpdir)");
        Line("failureHooks+=(_nix_shell_clean_tmpdir)");
        if (!IsPure)
        {
            Line("[ -n \"$PS1\" ] && [ -e ~/.bashrc ] && source ~/.bashrc");
            Line("p=$PATH");
        }

        // The setup of stdenv begins with its own tools alone; the caller's come after them.
        Line("unset PATH");
        rc.Append("dontAddDisableDepTrack=1\n");
        if (Inputs.Attributes is { } attributes)
        {
            rc.Append(Encoding.UTF8.GetString(attributes.Shell)).Append('\n');
        }

        Line("[ -e $stdenv/setup ] && source $stdenv/setup");
        if (!IsPure)
        {
            Line("PATH=$PATH:$p");
            Line("unset p");
        }

        if (Shell.LastIndexOf('/') is >= 0 and int slash)
        {
            Line($"PATH={BashText.Quote(Shell[..Math.Max(slash, 1)])}:\"$PATH\"");
        }

        Line($"SHELL={BashText.Quote(Shell)}");
        Line($"BASH={BashText.Quote(Shell)}");
        Line("set +e");
        Line($"if [ -n \"${{PS1-}}\" ] && [ -z \"${{NIX_SHELL_PRESERVE_PROMPT-}}\" ]; then PS1='\\n\\[\\033[1;{(IsRoot ? "31" : "32")}m\\][nix-shell:\\w]\\$\\[\\033[0m\\] '; fi");
        Line("if [ \"$(type -t runHook)\" = function ]; then runHook shellHook; fi");
        Line("unset NIX_ENFORCE_PURITY");
        Line("shopt -u nullglob");
        Line("unset TZ");
        if (timeZone is not null)
        {
            Line($"export TZ={BashText.Quote(timeZone)}");
        }

        // A failing "exec" must not end an interactive shell.
        Line("shopt -s execfail");
        rc.Append(Command);
        return rc.ToString();
    }
}
