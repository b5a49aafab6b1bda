using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary>Shells and programs: <c>nix-shell</c>, <c>nix develop</c>, <c>nix print-dev-env</c>, <c>nix shell</c>, <c>nix run</c> and <c>nix bundle</c>.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public ShellTests()
    {
        File.AppendAllText(
            Path.Combine(_firn.Directory, "conf", "nix.conf"),
            "sandbox = false\nexperimental-features = nix-command flakes ca-derivations\nflake-registry =\nwarn-dirty = false\n");
        _firn.Variables["NIX_REMOTE"] = "local";
        foreach ((string name, string place) in (ReadOnlySpan<(string, string)>)[("STORE", "store"), ("STATE", "var"), ("LOG", "log")])
        {
            _firn.Variables[$"NIX_{name}_DIR"] = Path.Combine(_firn.Directory, place);
        }

        _firn.Variables["NIX_PATH"] = "nixpkgs=" + _firn.Write("packages.nix", """
            { greeting ? "hello", ... }:
            rec {
              system = builtins.currentSystem;
              plain = args: derivation ({ inherit system; PATH = "/usr/bin:/bin"; builder = "/bin/bash"; args = [ "-c" args.command ]; } // removeAttrs args [ "command" ]);
              setup = builtins.toFile "setup" "export FROM_SETUP=yes\nfor i in $buildInputs; do export PATH=$PATH:$i/bin; done\nrunHook() { if declare -F $1 > /dev/null; then $1; else eval \"\${!1-}\"; fi; }\nbuildPhase() { echo building $name in $PWD; return 5; }\n";
              stdenv = plain { name = "stdenv"; command = "mkdir $out; ln -s ${setup} $out/setup"; };
              runCommand = name: more: command: plain ({ inherit name command stdenv; outputs = [ "out" ]; } // more);
              program = name: text: runCommand name { } "mkdir -p $out/bin; printf '%s\n' '#!/bin/sh' '${text}' > $out/bin/${name}; chmod +x $out/bin/${name}";
              hello = program "hello" "echo ${greeting} $*" // { meta.mainProgram = "hello"; };
              bye = program "bye" "echo bye";
              both = runCommand "both" { } "mkdir -p $out/nix-support; ln -s ${hello}/bin $out/bin; echo ${bye} > $out/nix-support/propagated-user-env-packages";
              outside = runCommand "outside" { } "mkdir $out; ln -s /usr/bin $out/bin";
              bashInteractive = runCommand "bash" { } "mkdir -p $out/bin; ln -s /bin/bash $out/bin/bash";
              pkgs = { inherit runCommand; };
            }
            """);
        _firn.Write("shell.nix", """
            { inNixShell ? false }:
            with import <nixpkgs> { };
            {
              env = runCommand "env" {
                FROM_NIX = "it's \"quoted\"";
                InShell = inNixShell;
                big = "large value";
                passAsFile = [ "big" ];
                buildInputs = [ hello ];
                shellHook = "echo hook of $name";
              } "exit 1";
              structured = runCommand "structured" { __structuredAttrs = true; list = [ 1 "two" ]; table.key = "value"; } "exit 1";
              inherit hello outside;
              floating = runCommand "floating" { __contentAddressed = true; outputHashMode = "recursive"; outputHashAlgo = "sha256"; buildInputs = [ hello ]; } "exit 1";
              two = [ hello bye ];
            }
            """);
    }

    public void Dispose() => _firn.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_shell_has_the_variables_and_the_setup_of_the_derivation(bool reference)
    {
        _firn.Variables["MINE"] = "mine";
        _firn.Variables["TZ"] = "UTC";
        // Both find what one of them built.
        Out("nix-shell", "-A", "env", "--run", "true");
        const string Show = "echo \"$FROM_NIX|$FROM_SETUP|$InShell|$MINE|$TZ|$(cat $bigPath)|${big-unset}|$IN_NIX_SHELL|$(hello a)\"";
        Assert.Equal(
            "hook of env\nit's \"quoted\"|yes|1|mine|UTC|large value|large value|impure|hello a\n",
            Out(reference, "nix-shell", "-A", "env", "--run", Show).Replace("|unset|", "|large value|", StringComparison.Ordinal));
        Assert.Equal("hook of env\n|pure|kept\n", Out(reference, "nix-shell", "--pure", "--keep", "KEPT", "-A", "env", "--run", "echo \"$MINE|$IN_NIX_SHELL|$KEPT\""));
        Assert.Equal(7, _firn.Run(reference, "nix-shell", "-A", "env", "--run", "exit 7").Status);
    }

    [Fact]
    public void The_files_of_a_shell_are_gone_after_it()
    {
        string top = Out("nix-shell", "-A", "env", "--run", "[ $NIX_BUILD_TOP = $TMP ] && [ -e $NIX_BUILD_TOP/rc ] && echo $NIX_BUILD_TOP").Split('\n')[1];
        Assert.StartsWith(Path.GetTempPath(), top, StringComparison.Ordinal);
        Assert.False(Directory.Exists(top));
    }

    [Fact]
    public void Structured_attributes_are_declared_and_in_files()
    {
        Assert.Equal("1 two value\n[1,\"two\"]\n", Out("nix-shell", "-A", "structured", "--run", "echo ${list[*]} ${table[key]}; jq -c .list < $NIX_ATTRS_JSON_FILE"));
        Assert.Equal("value\n", Out("nix", "develop", "-f", "shell.nix", "structured", "-c", "sh", "-c", "jq -r .table.key $NIX_ATTRS_JSON_FILE"));
    }

    [Fact]
    public void Inputs_of_content_addressed_derivations_are_resolved() =>
        Assert.Equal("hello x\n", Out("nix-shell", "-A", "floating", "--run", "hello x"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Packages_and_arguments_for_them_are_taken_from_nixpkgs(bool reference)
    {
        Out("nix-shell", "-p", "hello", "bye", "--argstr", "greeting", "hey", "--run", "true");
        Out("nix-shell", "-p", "hello", "--run", "true");
        Assert.Equal("hey\nbye\n", Out(reference, "nix-shell", "-p", "hello", "bye", "--argstr", "greeting", "hey", "--run", "hello; bye"));
        Assert.Equal("hello\n", Out(reference, "nix-shell", "-E", "with import <nixpkgs> {}; runCommand \"x\" { buildInputs = [ hello ]; } \"\"", "--command", "hello"));
    }

    [Fact]
    public void Scripts_bring_their_packages()
    {
        Directory.CreateDirectory(Path.Combine(_firn.Work, "scripts", "dir"));
        _firn.Write("scripts/one", "#!/usr/bin/env nix-shell\n#! nix-shell -p hello --pure\n#! nix-shell -i 'bash -u'\nhello \"$@\"\n");
        Assert.Equal("hello a b c\n", Out("nix-shell", "scripts/one", "a b", "c"));

        // Files are found beside the script, wherever it is called from.
        _firn.Write("scripts/own.nix", "{ x }: with import <nixpkgs> {}; runCommand \"own\" { inherit x; } \"\"");
        _firn.Write("scripts/text", "found");
        _firn.Write("scripts/two", "#!/usr/bin/env nix-shell\n#! nix-shell own.nix --arg x 'builtins.readFile ./text' -i bash\necho $x\n");
        Assert.Equal("found\n", Out("nix-shell", "scripts/two"));
        _firn.Write("scripts/three", "#!/usr/bin/env nix\n#! nix shell --impure -f ./shown.nix hello\n#! nix --command sh\nhello $1\n");
        _firn.Write("scripts/shown.nix", "import <nixpkgs> { greeting = \"shown\"; }");
        Assert.Equal("shown x\n", Out("nix", "scripts/three", "x"));
        _firn.Write("scripts/four", "#!/usr/bin/env nix\n#! nix shell *\n");
        Assert.Contains("unsupported unquoted character in nix shebang: *", _firn.Run("nix", "scripts/four").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Directories_mean_the_shell_in_them()
    {
        string directory = Directory.CreateDirectory(Path.Combine(_firn.Work, "project")).FullName;
        Outcome nothing = _firn.Run("nix-shell", directory, "--run", "true");
        Assert.Equal((1, $"error: neither 'shell.nix' nor 'default.nix' found in '{directory}'\n"), (nothing.Status, nothing.Error));
        _firn.Write("project/default.nix", "abort \"not this\"");
        _firn.Write("project/shell.nix", "(import ../shell.nix { }).env");
        Assert.Equal("hook of env\nhere\n", Out("nix-shell", "project", "--run", "echo here"));
        Outcome old = _firn.Run("nix-shell", "project", "--option", "nix-shell-always-looks-for-shell-nix", "false", "--run", "true");
        Assert.Equal(1, old.Status);
        Assert.Contains("not this", old.Error, StringComparison.Ordinal);
        Assert.Contains("because the setting 'nix-shell-always-looks-for-shell-nix' is disabled", old.Error, StringComparison.Ordinal);
        Outcome two = _firn.Run("nix-shell", "-A", "two");
        Assert.Equal("error: nix-shell requires a single derivation\nTry 'nix-shell --help' for more information.\n", two.Error.Replace(FirnProcess.Bin + "/", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Bash_of_the_environment_will_do()
    {
        _firn.Variables["NIX_PATH"] = "nixpkgs=/nowhere/at/all";
        Outcome outcome = _firn.Run("nix-shell", "-E", "derivation { name = \"x\"; system = builtins.currentSystem; builder = \"/bin/sh\"; X = 1; }", "--run", "echo $X $SHELL");
        Assert.Equal((0, "1 bash\n"), (outcome.Status, outcome.Output));
        Assert.EndsWith("uses bash from your environment\n", outcome.Error, StringComparison.Ordinal);
        _firn.Variables["NIX_BUILD_SHELL"] = "/bin/bash";
        Assert.Equal(new Outcome(0, "/bin/bash\n", ""), _firn.Run("nix-shell", "-E", "derivation { name = \"x\"; system = builtins.currentSystem; builder = \"/bin/sh\"; }", "--run", "echo $SHELL"));
    }

    [Fact]
    public void Recorded_environments_are_those_of_the_reference()
    {
        Dictionary<string, JsonElement> ours = Recorded(reference: false), theirs = Recorded(reference: true);
        // What is about the script itself.
        foreach (string own in (ReadOnlySpan<string>)["name", "LINENO", "OLDPWD", "bigPath", "out", "BASH", "SHELL", "NIX_BUILD_TOP", "TMP", "TMPDIR", "TEMP", "TEMPDIR", "COMP_WORDBREAKS", "EPOCHREALTIME", "EPOCHSECONDS"])
        {
            ours.Remove(own);
            theirs.Remove(own);
        }

        Assert.Equal(theirs.Keys, ours.Keys);
        foreach ((string name, JsonElement value) in theirs)
        {
            Assert.Equal($"{name}: {value.GetRawText()}", $"{name}: {ours[name].GetRawText()}");
        }
    }

    private Dictionary<string, JsonElement> Recorded(bool reference)
    {
        using JsonDocument json = JsonDocument.Parse(Out(reference, "nix", "print-dev-env", "--json", "-f", "shell.nix", "env"));
        SortedDictionary<string, JsonElement> variables = new(StringComparer.Ordinal);
        foreach (JsonProperty variable in json.RootElement.GetProperty("variables").EnumerateObject())
        {
            variables[variable.Name] = variable.Value.Clone();
        }

        foreach (JsonProperty function in json.RootElement.GetProperty("bashFunctions").EnumerateObject())
        {
            variables["function " + function.Name] = function.Value.Clone();
        }

        Assert.Contains("function runHook", variables.Keys);
        return new Dictionary<string, JsonElement>(variables);
    }

    [Fact]
    public void Development_shells_take_commands_phases_and_input()
    {
        Assert.Equal("hook of env-env\nyes x y\n", Out("nix", "develop", "-f", "shell.nix", "env", "-c", "sh", "-c", "echo $FROM_SETUP \"$1\"", "-", "x y"));
        Outcome phase = _firn.Run("nix", "develop", "-f", "shell.nix", "env", "--build");
        Assert.Equal((5, $"hook of env-env\nbuilding env-env in {_firn.Work}\n"), (phase.Status, phase.Output));
        // Bash that reads commands from elsewhere than a terminal reads nothing before them.
        Outcome typed = _firn.RunWithInput("echo typed $FROM_NIX $SHELL\nexit 3\n", "nix", "develop", "-f", "shell.nix", "env");
        Assert.Equal((3, "typed " + Out("nix-build", "<nixpkgs>", "-A", "bashInteractive", "--no-out-link").Trim() + "/bin/bash\n"), (typed.Status, typed.Output));
        Assert.Equal("hook of env-env\n|set|\n", Out("nix", "develop", "-f", "shell.nix", "env", "-i", "-s", "NEW", "set", "-c", "/bin/sh", "-c", "echo \"$HOME|$NEW|$KEPT\""));
        Outcome both = _firn.Run("nix", "develop", "-f", "shell.nix", "env", "--build", "-c", "true");
        Assert.StartsWith("error: you cannot use both '--command' and '--phase'\n", both.Error, StringComparison.Ordinal);

        // An environment that was recorded is one to develop in, and a root keeps it.
        Out("nix", "develop", "-f", "shell.nix", "env", "--profile", "saved", "-c", "true");
        Assert.Equal("hook of env-env\nyes\n", Out("nix", "develop", "./saved", "-c", "sh", "-c", "echo $FROM_SETUP"));
    }

    [Fact]
    public void Redirected_paths_are_where_one_can_write()
    {
        string input = Out("nix-build", "<nixpkgs>", "-A", "hello", "--no-out-link").Trim();
        Outcome outcome = _firn.Run("nix", "develop", "-f", "shell.nix", "env", "--redirect", "hello", "mine", "-c", "sh", "-c", "echo $buildInputs $out");
        Assert.Equal($"hook of env-env\n{_firn.Work}/mine {_firn.Work}/outputs/out\n", outcome.Output);
        Assert.Contains($"redirecting '{input}' to '{_firn.Work}/mine'", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("is not used by this build environment", _firn.Run("nix", "print-dev-env", "-f", "shell.nix", "env", "--redirect", "outside", "mine").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Programs_of_packages_are_found_in_the_order_given()
    {
        Assert.Equal("hello 1\nbye\n", Out("nix", "shell", "-f", "<nixpkgs>", "both", "-c", "sh", "-c", "hello 1; bye"));
        Assert.Equal("first\n", Out("nix", "env", "shell", "--impure", "--expr", "[ (import <nixpkgs> { greeting = \"first\"; }).hello (import <nixpkgs> { }).hello ]", "0", "1", "-c", "hello"));
        Outcome outside = _firn.Run("nix", "shell", "-f", "<nixpkgs>", "outside", "-c", "true");
        Assert.Equal(1, outside.Status);
        Assert.EndsWith("error: path '/usr/bin' is not in the Nix store\n", outside.Error, StringComparison.Ordinal);
        Outcome missing = _firn.Run("nix", "shell", "-f", "<nixpkgs>", "hello", "-c", "no-such-program");
        Assert.Equal((1, "error: unable to execute 'no-such-program': No such file or directory\n"), (missing.Status, missing.Error));
        Assert.StartsWith("error: --command requires at least one argument\n", _firn.Run("nix", "shell", "-f", "<nixpkgs>", "hello", "-c").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Environments_stay_but_for_what_is_asked()
    {
        _firn.Variables["A"] = "a";
        _firn.Variables["ODD"] = "two\nlines";
        Assert.Equal("a|two\nlines|\n", Out("nix", "shell", "-f", "<nixpkgs>", "hello", "-c", "sh", "-c", "echo \"$A|$ODD|$NEW\""));
        Assert.Equal("|new\n", Out("nix", "shell", "-f", "<nixpkgs>", "hello", "--unset-env-var", "A", "--set-env-var", "NEW", "new", "-c", "sh", "-c", "echo \"$A|$NEW\""));
        Assert.Equal("A=a\n", Out("nix", "shell", "-f", "<nixpkgs>", "hello", "-i", "-k", "A", "-c", "/usr/bin/env", "-u", "PATH"));
        Assert.Equal(
            "error: --keep-env-var does not make sense without --ignore-env\n",
            _firn.Run("nix", "shell", "-f", "<nixpkgs>", "hello", "-k", "A", "-c", "true").Error.Split("Try")[0]);
    }

    [Fact]
    public void Stores_below_another_root_are_seen_in_their_place()
    {
        foreach (string name in (ReadOnlySpan<string>)["STORE", "STATE", "LOG"])
        {
            _firn.Variables.Remove($"NIX_{name}_DIR");
        }

        string root = Path.Combine(_firn.Directory, "root");
        string path = Out("nix", "shell", "--store", root, "--sandbox-paths", "/bin? /usr? /lib? /lib64?", "-f", "<nixpkgs>", "hello", "-c", "sh", "-c", "command -v hello").Trim();
        Assert.StartsWith("/nix/store/", path, StringComparison.Ordinal);
        Assert.True(File.Exists(root + path));
        Assert.Equal("hello x y\n", Out("nix", "run", "--store", root, "--sandbox-paths", "/bin? /usr? /lib? /lib64?", "-f", "<nixpkgs>", "hello", "x y"));
    }

    [Fact]
    public void Apps_and_packages_run()
    {
        Directory.CreateDirectory(Path.Combine(_firn.Work, "flake"));
        File.Copy(Path.Combine(_firn.Work, "packages.nix"), Path.Combine(_firn.Work, "flake", "packages.nix"));
        _firn.Write("flake/flake.nix", """
            {
              outputs = { self }:
                let p = import ./packages.nix { }; app = program: { type = "app"; inherit program; };
                in {
                  packages.x86_64-linux = { default = p.hello; notAPackage = app "${p.bye}/bin/bye"; };
                  apps.x86_64-linux = { bye = app "${p.bye}/bin/bye"; notAnApp = p.hello; elsewhere = app "/bin/sh"; };
                  bundlers.x86_64-linux.default = drv: p.runCommand "bundle" { } "echo ${drv} > $out";
                };
            }
            """);
        File.WriteAllText(Path.Combine(_firn.Work, "flake", "packages.nix"), File.ReadAllText(Path.Combine(_firn.Work, "flake", "packages.nix")).Replace("builtins.currentSystem", "\"x86_64-linux\"", StringComparison.Ordinal));
        Assert.Equal("hello 1 --two\n", Out("nix", "run", "./flake", "--", "1", "--two"));
        Assert.Equal("hello 1\n", Out("nix", "run", "--", "./flake", "1"));
        Assert.Equal("bye\n", Out("nix", "run", "./flake#bye"));
        Fails("attribute 'apps.x86_64-linux.notAnApp.type' should have type 'app'", "./flake#notAnApp");
        Fails("attribute 'packages.x86_64-linux.notAPackage.type' should have type 'derivation'", "./flake#notAPackage");
        Fails("app program '/bin/sh' is not in the Nix store", "./flake#elsewhere");
        Fails("does not correspond to a Nix language value", Out("nix-build", "<nixpkgs>", "-A", "hello", "--no-out-link").Trim());

        Out("nix", "bundle", "--bundler", "./flake", "./flake#default", "-o", "made");
        Assert.EndsWith("-hello\n", File.ReadAllText(Path.Combine(_firn.Work, "made")), StringComparison.Ordinal);

        void Fails(string message, string installable)
        {
            Outcome outcome = _firn.Run("nix", "run", installable);
            Assert.Equal(1, outcome.Status);
            Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        }
    }

    private string Out(bool reference, string command, params ReadOnlySpan<string> arguments)
    {
        _firn.Variables["KEPT"] = "kept";
        Outcome outcome = _firn.Run(reference, command, arguments);
        Assert.True(outcome.Status == 0, $"{command} {string.Join(' ', arguments.ToArray())} ended with {outcome.Status}:\n{outcome.Error}");
        return outcome.Output;
    }

    private string Out(string command, params ReadOnlySpan<string> arguments) => Out(reference: false, command, arguments);
}
