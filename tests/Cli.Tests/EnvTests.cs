using System;
using System.IO;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary><c>nix-env</c> against the reference: the same calls on two profiles of one store.</summary>
public sealed class EnvTests : IDisposable
{
    private readonly FirnProcess _firn = new();
    private readonly string _expression;

    public EnvTests()
    {
        // The reference finds what a profile has only where the store is where its paths say.
        _firn.Variables["NIX_REMOTE"] = "local";
        _firn.Variables["NIX_STORE_DIR"] = Path.Combine(_firn.Directory, "store");
        _firn.Variables["NIX_STATE_DIR"] = Path.Combine(_firn.Directory, "state");
        foreach (string name in (ReadOnlySpan<string>)["tool", "other"])
        {
            Directory.CreateDirectory(Path.Combine(_firn.Work, name, "bin"));
            File.WriteAllText(Path.Combine(_firn.Work, name, "bin", name), name + "\n");
        }

        Directory.CreateDirectory(Path.Combine(_firn.Work, "rival", "bin"));
        File.WriteAllText(Path.Combine(_firn.Work, "rival", "bin", "tool"), "rival\n");
        _expression = _firn.Write("packages.nix", $$"""
            let
              make = name: path: meta: { type = "derivation"; inherit name meta; system = "x86_64-linux"; outPath = path; };
            in
            { pin ? false }:
            {
              old = make "tool-1.2" "{{Add("tool")}}" { description = "a tool"; };
              new = make "tool-1.10" "{{Add("tool")}}" { description = "a tool"; platforms = [ "a" "b" ]; };
              other = make "other" "{{Add("other")}}" { priority = 3; license = { name = "free"; }; };
              rival = make "rival-tool-2" "{{Add("rival")}}" { };
              nested = { recurseForDerivations = true; deep = make "deep-0" "{{Add("other")}}" { f = x: x; }; };
              broken = throw "not this one";
              notEntered.x = make "hidden-1" "{{Add("other")}}" { };
            }
            """);
    }

    public void Dispose() => _firn.Dispose();

    private string Add(string name)
    {
        Outcome added = _firn.Run("nix-store", "--add", Path.Combine(_firn.Work, name));
        Assert.True(added.Status == 0, added.Error);
        return added.Output.TrimEnd('\n');
    }

    private string Profile(bool reference) => Path.Combine(_firn.Work, reference ? "reference" : "profile");

    private Outcome Call(bool reference, string arguments)
    {
        string[] all = ["-p", Profile(reference), "-f", _expression, .. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        return reference ? _firn.RunReference("nix-env", all) : _firn.Run("nix-env", all);
    }

    /// <summary>Both do the same with the same arguments, and what they make is the same store path.</summary>
    private void Same(string arguments)
    {
        Outcome expected = Call(reference: true, arguments), outcome = Call(reference: false, arguments);
        Assert.True(expected.Status == outcome.Status, $"nix-env {arguments}: {expected.Status} and {outcome.Status}\n{expected.Error}\n{outcome.Error}");
        Assert.Equal(expected.Output, outcome.Output);
        Assert.True(Target(reference: true) == Target(reference: false), $"nix-env {arguments}: {Target(reference: true)} and {Target(reference: false)}\n{outcome.Error}");
    }

    /// <summary>The store path of the current generation.</summary>
    private string? Target(bool reference) =>
        new FileInfo(Profile(reference)).LinkTarget is string generation ? new FileInfo(Path.Combine(_firn.Work, generation)).LinkTarget : null;

    [Theory]
    [InlineData("-qa")]
    [InlineData("-qaP --out-path --description --system")]
    [InlineData("-qa --no-name --description tool")]
    [InlineData("-qa --xml --meta --out-path")]
    [InlineData("-qa t.*l")]
    [InlineData("-qa tool-1.2")]
    [InlineData("-qa nothing")]
    [InlineData("-qa -A nested -P")]
    [InlineData("-qa --system-filter other-system")]
    [InlineData("-q -P")]
    [InlineData("-qas")]
    public void Offered_packages_are_listed_as_the_reference_lists_them(string arguments) => Same(arguments);

    [Fact]
    public void Packages_come_and_go_as_with_the_reference()
    {
        foreach (string arguments in (ReadOnlySpan<string>)
            [
                "-i tool-1.2", "-q --out-path", "-qs", "-qc", "-qac", "-i other", "-u", "-q", "--set-flag priority 7 tool", "--set-flag keep true other",
                "-i rival-tool", "-i -P tool-1.2", "-q --xml --meta", "-e rival-tool", "-e nothing", "-u --always", "-u --leq tool", "-iA old nested.deep --remove-all",
                "-iE {}:(x:(x{}).other)", "--set-flag active false tool", "--set-flag x y nothing", "-i --dry-run rival-tool", "--rollback", "-q",
            ])
        {
            Same(arguments);
        }
    }

    [Fact]
    public void Packages_are_shown_as_json_by_attribute_path()
    {
        Outcome outcome = Call(reference: false, "-qa --json --meta deep other");
        Assert.Equal(
            """
            {
              "nested.deep": {
                "meta": {
                  "f": null
                },
                "name": "deep-0",
                "outputName": "",
                "outputs": {
                  "out": null
                },
                "pname": "deep",
                "system": "x86_64-linux",
                "version": "0"
              },
              "other": {
                "meta": {
                  "license": {
                    "name": "free"
                  },
                  "priority": 3
                },
                "name": "other",
                "outputName": "",
                "outputs": {
                  "out": null
                },
                "pname": "other",
                "system": "x86_64-linux",
                "version": ""
              }
            }

            """, outcome.Output);
        Assert.Contains("derivation 'deep-0' has invalid meta attribute 'f'", outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_profile_of_a_store_kept_elsewhere_keeps_its_packages()
    {
        _firn.Variables.Clear();
        foreach (string name in (ReadOnlySpan<string>)["tool", "other"])
        {
            Assert.Equal(0, _firn.Run("nix-env", "-p", Profile(reference: false), "-i", Add(name)).Status);
        }

        Assert.Equal("other\ntool\n", _firn.Run("nix-env", "-p", Profile(reference: false), "-q").Output);
    }

    [Fact]
    public void Files_of_two_packages_in_one_place_are_refused_and_nothing_changes()
    {
        Same("-i tool-1.2");
        string? before = Target(reference: false);
        Outcome outcome = Call(reference: false, "-i rival-tool");
        Assert.NotEqual(0, outcome.Status);
        Assert.Contains("bin/tool", outcome.Error, StringComparison.Ordinal);
        Assert.Equal(before, Target(reference: false));
    }

    [Fact]
    public void Only_one_operation_is_taken()
    {
        Assert.Contains("only one operation may be specified", Call(reference: false, "-q -i tool").Error, StringComparison.Ordinal);
        Assert.Contains("no operation specified", Call(reference: false, "").Error, StringComparison.Ordinal);
        Assert.Contains("unknown flag '--bogus'", Call(reference: false, "-i --bogus").Error, StringComparison.Ordinal);
    }
}
