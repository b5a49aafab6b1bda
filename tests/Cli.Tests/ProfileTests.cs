using System;
using System.IO;
using System.Text.Json;
using Xunit;

namespace Firn.Cli.Tests;

/// <summary><c>nix profile</c>: packages of profiles, and their generations.</summary>
public sealed class ProfileTests : IDisposable
{
    private readonly FirnProcess _firn = new();

    public ProfileTests()
    {
        File.AppendAllText(
            Path.Combine(_firn.Directory, "conf", "nix.conf"), "sandbox = false\nexperimental-features = nix-command flakes\nflake-registry =\n");
        _firn.Variables["NIX_REMOTE"] = "local";
        foreach ((string name, string place) in (ReadOnlySpan<(string, string)>)[("STORE", "store"), ("STATE", "var"), ("LOG", "log")])
        {
            _firn.Variables[$"NIX_{name}_DIR"] = Path.Combine(_firn.Directory, place);
        }
    }

    public void Dispose() => _firn.Dispose();

    [Fact]
    public void Packages_come_change_and_go()
    {
        Flake("one", "tool-1.0", "first");
        Succeeds("add", "./one");
        Assert.Equal("first\n", Tool());
        Assert.Contains("warning: 'one' is already added", Succeeds("add", "./one").Error, StringComparison.Ordinal);
        Assert.Contains("Flake attribute:    packages.x86_64-linux.default\n", Succeeds("list").Output, StringComparison.Ordinal);
        JsonElement element = Listed().GetProperty("elements").GetProperty("one");
        Assert.Equal(3, Listed().GetProperty("version").GetInt32());
        Assert.Equal($"path:{_firn.Work}/one", element.GetProperty("originalUrl").GetString());
        Assert.Contains("narHash=", element.GetProperty("url").GetString(), StringComparison.Ordinal);
        Assert.Equal((JsonValueKind.Null, 5), (element.GetProperty("outputs").ValueKind, element.GetProperty("priority").GetInt32()));

        Flake("one", "tool-2.0", "second");
        Succeeds("upgrade", "--regex", ".*ONE.*");
        Assert.Equal("second\n", Tool());
        Assert.Contains("packages.x86_64-linux.default: 1.0 -> 2.0\n", Succeeds("history").Output, StringComparison.Ordinal);
        Assert.Contains("Version 1 -> 2:\n", Succeeds("diff-closures").Output.Replace("\n\n", "\n", StringComparison.Ordinal), StringComparison.Ordinal);

        Succeeds("rollback");
        Assert.Equal("first\n", Tool());
        Assert.Contains("removed 1 packages, kept 0 packages", Succeeds("remove", "one").Error, StringComparison.Ordinal);
        Assert.Equal("", Succeeds("list").Output);
        Succeeds("wipe-history");
        Assert.Single(Succeeds("history").Output.Split("Version ", StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Files_of_two_packages_go_by_priority()
    {
        Flake("one", "tool-1.0", "first");
        Flake("two", "tool-1.1", "other");
        Succeeds("add", "./one");
        Outcome conflict = _firn.Run("nix", "profile", "install", "./two");
        Assert.Equal(1, conflict.Status);
        Assert.StartsWith("warning: 'install' is a deprecated alias for 'add'\n", conflict.Error, StringComparison.Ordinal);
        Assert.Contains("error: An existing package already provides the following file:\n", conflict.Error, StringComparison.Ordinal);
        Assert.EndsWith(
            $"         nix profile add path:{_firn.Work}/two#packages.x86_64-linux.default --priority 6\n", conflict.Error, StringComparison.Ordinal);
        Succeeds("add", "./two", "--priority", "9");
        Assert.Equal("first\n", Tool());
        Succeeds("remove", "two");
        Succeeds("add", "./two", "--priority", "1");
        Assert.Equal("other\n", Tool());
    }

    [Fact]
    public void Arguments_name_packages()
    {
        Assert.StartsWith("error: No packages specified.\n", _firn.Run("nix", "profile", "remove").Error, StringComparison.Ordinal);
        Assert.Equal("error: 'nix profile' no longer supports indices ('0')\n", _firn.Run("nix", "profile", "remove", "0").Error);
        Assert.Equal(
            "warning: There are no packages in the profile.\nwarning: No packages to remove. Use 'nix profile list' to see the current profile.\n",
            Succeeds("remove", "x").Error);
        _firn.Write("tool.nix", Package("tool-3", "plain"));
        Succeeds("add", "-f", "tool.nix", "");
        Assert.Equal("tool", Assert.Single(Listed().GetProperty("elements").EnumerateObject()).Name);
        Assert.Contains("it was not added from a flake", Succeeds("upgrade", "--all").Error, StringComparison.Ordinal);
        Assert.StartsWith("error: --all cannot be used with package names", _firn.Run("nix", "profile", "upgrade", "--all", "tool").Error, StringComparison.Ordinal);
        string path = Listed().GetProperty("elements").GetProperty("tool").GetProperty("storePaths")[0].GetString()!;
        Succeeds("remove", path);
        Assert.Empty(Listed().GetProperty("elements").EnumerateObject());
    }

    private static string Package(string name, string text) => $$"""
        derivation {
          name = "{{name}}";
          system = "x86_64-linux";
          builder = "/bin/sh";
          args = [ "-c" "/bin/mkdir -p $out/bin; echo '#!/bin/sh' > $out/bin/tool; echo 'echo {{text}}' >> $out/bin/tool; /bin/chmod +x $out/bin/tool" ];
        }
        """;

    private void Flake(string directory, string name, string text)
    {
        Directory.CreateDirectory(Path.Combine(_firn.Work, directory));
        _firn.Write(directory + "/flake.nix", $"{{ outputs = {{ self }}: {{ packages.x86_64-linux.default = {Package(name, text)}; }}; }}");
    }

    private string Tool() => _firn.Run(Path.Combine(_firn.Directory, "home", ".nix-profile", "bin", "tool")).Output;

    private JsonElement Listed()
    {
        using JsonDocument json = JsonDocument.Parse(Succeeds("list", "--json").Output);
        return json.RootElement.Clone();
    }

    private Outcome Succeeds(params ReadOnlySpan<string> arguments)
    {
        Outcome outcome = _firn.Run("nix", ["profile", .. arguments]);
        Assert.True(outcome.Status == 0, $"nix profile {string.Join(' ', arguments.ToArray())} ended with {outcome.Status}:\n{outcome.Error}");
        return outcome;
    }
}
