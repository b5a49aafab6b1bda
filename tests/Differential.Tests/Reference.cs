using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace Firn.Differential.Tests;

/// <summary>Another implementation of the language on this machine.</summary>
internal sealed class Reference
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly string _program;
    private readonly string _folder;

    private Reference(string program, string folder)
    {
        _program = program;
        _folder = folder;
        Version = Run(program, ["--version"], "", out _).Trim().Split(' ')[^1];
    }

    /// <summary>Such as 2.8.0.</summary>
    public string Version { get; }

    /// <summary>Whether it is of the series whose behaviour this implementation has.</summary>
    public bool IsCurrent => Version.StartsWith("2.34.", StringComparison.Ordinal);

    /// <summary>
    /// <c>nix-instantiate</c> of <c>FIRN_REFERENCE</c>, or the one that the distribution installs; null when there is
    /// none.
    /// </summary>
    /// <param name="folder">Where it may write.</param>
    public static Reference? Find(string folder)
    {
        string program = Environment.GetEnvironmentVariable("FIRN_REFERENCE") ?? "/usr/bin/nix-instantiate";
        if (!File.Exists(program))
        {
            return null;
        }

        // An installation of this program under that name is no judge.
        string target = new FileInfo(program).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? program;
        return target.Contains("firn", StringComparison.OrdinalIgnoreCase) ? null : new Reference(program, folder);
    }

    /// <summary>The value of an expression as text, null when it fails.</summary>
    public string? Evaluate(string expression, Printing printing)
    {
        string output = Run(_program, ["--eval", .. printing.Flags(), "-"], expression, out int exitCode);
        return exitCode == 0 ? output.TrimEnd('\n') : null;
    }

    /// <summary>
    /// Whether each has a value. One process for all: the interactive program goes on after an error.
    /// </summary>
    public bool[] HaveValues(IReadOnlyList<string> expressions, Printing printing)
    {
        string folder = Path.Combine(_folder, "failing");
        Directory.CreateDirectory(folder);
        string force = printing switch
        {
            Printing.Lazy or Printing.LazyXml => "builtins.seq (import {0}) {1}",
            Printing.Strict => "builtins.deepSeq (import {0}) {1}",
            Printing.Xml => "builtins.seq (builtins.toXML (import {0})) {1}",
            Printing.Json => "builtins.seq (builtins.toJSON (import {0})) {1}",
        };
        StringBuilder input = new();
        for (int i = 0; i < expressions.Count; i++)
        {
            string file = Path.Combine(folder, i.ToString(CultureInfo.InvariantCulture) + ".nix");
            File.WriteAllText(file, expressions[i]);
            input.Append(CultureInfo.InvariantCulture, $"{string.Format(CultureInfo.InvariantCulture, force, file, Answer(i))}\n");
        }

        input.Append(Answer(expressions.Count)).Append('\n');
        string nix = Path.Combine(Path.GetDirectoryName(_program)!, "nix");
        string output = Run(nix, ["--extra-experimental-features", "nix-command", "repl"], input.ToString(), out _);
        bool[] values = new bool[expressions.Count];
        for (int i = 0; i <= expressions.Count; i++)
        {
            // Input is echoed, results have colour.
            bool found = output.Contains("m" + Answer(i), StringComparison.Ordinal);
            if (i < values.Length)
            {
                values[i] = found;
            }
            else if (!found)
            {
                for (int each = 0; each < values.Length; each++)
                {
                    values[each] = Evaluate(expressions[each], printing) is not null;
                }
            }
        }

        return values;
    }

    private static string Answer(int i) => string.Create(CultureInfo.InvariantCulture, $"\"answer-{i}\"");

    private string Run(string program, IEnumerable<string> arguments, string input, out int exitCode)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        start.Environment["NIX_REMOTE"] = "dummy://";
        start.Environment["NIX_PATH"] = "";
        start.Environment["NIX_STATE_DIR"] = Path.Combine(_folder, "state");
        start.Environment["NIX_CONF_DIR"] = Path.Combine(_folder, "conf");
        start.Environment["NIX_CONFIG"] = "substitute = false";
        start.Environment["HOME"] = _folder;
        start.Environment["XDG_DATA_HOME"] = _folder;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all: its exit code tells.
        }

        if (!process.WaitForExit(s_patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} {string.Join(' ', arguments)}:\n{input}");
        }

        _ = errors.Result;
        exitCode = process.ExitCode;
        return output.Result;
    }
}
