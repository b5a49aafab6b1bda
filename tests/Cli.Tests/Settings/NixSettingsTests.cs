using System;
using System.Collections.Generic;
using System.IO;
using Firn.Cli.Settings;
using Firn.Formats;
using Xunit;

namespace Firn.Cli.Tests.Settings;

/// <summary>Settings from files, environment and flags.</summary>
public sealed class NixSettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("firn-settings-test.").FullName;
    private readonly List<string> _warnings = [];

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private NixSettings Load(string conf, string? searchPath = null)
    {
        File.WriteAllText(Path.Combine(_directory, "nix.conf"), conf);
        return NixSettings.Load(
            name => name switch
            {
                "NIX_CONF_DIR" => _directory,
                "NIX_USER_CONF_FILES" => "",
                "NIX_PATH" => searchPath,
                _ => null,
            },
            _warnings.Add);
    }

    [Fact]
    public void What_was_set_can_be_handed_on_as_text()
    {
        NixSettings settings = Load("min-free = 3G\nkeep-going = yes\nextra-trusted-users = c a\n");
        NixSettings again = Load(settings.ToConfText());
        Assert.Equal(settings.ToConfText(), again.ToConfText());
        Assert.Equal(3L << 30, again.Int("min-free"));
        Assert.True(again.Bool("keep-going"));
        Assert.Equal(settings.List("trusted-users"), again.List("trusted-users"));
    }

    [Fact]
    public void Values_take_their_usual_form()
    {
        NixSettings settings = Load("min-free = 3G\nkeep-going = yes\ntrusted-users = b a\nextra-trusted-users = c a\nsystem-features = b a\nextra-system-features = c a\nsubstituters = file:///b /a\n");
        Assert.Equal(3L << 30, settings.Int("min-free"));
        Assert.True(settings.Bool("keep-going"));
        Assert.Equal(["b", "a", "c", "a"], settings.List("trusted-users"));
        Assert.Equal(["a", "b", "c"], settings.List("system-features"));
        Assert.Equal(["file:///b", "local:///a"], settings.List("substituters"));
        Assert.Throws<CliException>(() => Load("substituters = a\n"));
    }

    [Fact]
    public void Numbers_have_signs_and_units()
    {
        NixSettings settings = Load("timeout = -3\nmax-silent-time = -1K\ncores = +4\nmin-free = 2T\nssl-cert-file =\n");
        Assert.Equal(-3, settings.Int("timeout"));
        Assert.Equal(-1024, settings.Int("max-silent-time"));
        Assert.Equal(4, settings.Int("cores"));
        Assert.Equal(2L << 40, settings.Int("min-free"));
        Assert.Equal("", settings.String("ssl-cert-file"));
    }

    [Theory]
    [InlineData("true", "warn")]
    [InlineData("false", "ignore")]
    public void A_setting_that_has_a_successor_says_so(string value, string instead)
    {
        Load($"warn-short-path-literals = {value}\n");
        Assert.Equal([$"'warn-short-path-literals' is deprecated, use 'lint-short-path-literals = {instead}' instead"], _warnings);
    }

    [Fact]
    public void Files_include_others_that_lie_beside_them()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "a"));
        File.WriteAllText(Path.Combine(_directory, "a", "one"), "include two\n");
        File.WriteAllText(Path.Combine(_directory, "a", "two"), "cores = 9\n");
        Assert.Equal(9, Load("include a/one\n!include missing\n").Int("cores"));
        Assert.Equal(3, Load("include a/one\ncores = 3\n").Int("cores"));
        Assert.Equal(2, Load("cores = 2\ninclude a\n").Int("cores"));
        Assert.Contains("missing", Assert.Throws<FormatsException>(() => Load("include missing\n")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Old_names_mean_the_same_setting()
    {
        NixSettings settings = Load("build-cores = 7\n");
        Assert.Equal(7, settings.Int("cores"));
        Assert.True(settings.IsSet("cores"));
        Assert.False(settings.IsSet("timeout"));
    }

    [Theory]
    [InlineData("accept-flake-config = true\nexperimental-features = flakes\n", "true")]
    [InlineData("accept-flake-config = true\n", "false")]
    public void A_setting_of_a_feature_counts_only_where_the_feature_is_on(string conf, string expected)
    {
        NixSettings settings = Load(conf);
        Assert.Equal(expected, settings.String("accept-flake-config"));
        Assert.Equal(expected == "true" ? [] : ["Ignoring setting 'accept-flake-config' because experimental feature 'flakes' is not enabled"], _warnings);
    }

    [Fact]
    public void Flakes_need_trees() => Assert.Equal(["fetch-tree", "flakes"], Load("experimental-features = flakes\n").List("experimental-features"));

    [Fact]
    public void Unknown_names_are_told_about()
    {
        Load("colour = blue\nexperimental-features = teleport\n");
        Assert.Equal(["unknown experimental feature 'teleport'", "unknown setting 'colour'"], _warnings);
    }

    [Theory]
    [InlineData("cores = many", "setting 'cores' has invalid value 'many'")]
    [InlineData("max-jobs = many", "configuration setting 'max-jobs' should be 'auto' or an integer")]
    [InlineData("cores = -1", "setting 'cores' has invalid value '-1'")]
    [InlineData("eval-profile-file =", "setting 'eval-profile-file' is a path and paths cannot be empty")]
    [InlineData("sandbox-build-dir = build", "not an absolute path: \"build\"")]
    [InlineData("ssl-cert-file = x", "not an absolute path: \"x\"")]
    [InlineData("fallback = perhaps", "Boolean setting 'fallback' has invalid value 'perhaps'")]
    [InlineData("build-dir = here", "not an absolute path: \"here\"")]
    public void Wrong_values_are_errors(string conf, string message) => Assert.Equal(message, Assert.Throws<CliException>(() => Load(conf)).Message);

    [Fact]
    public void The_variable_overrules_the_search_path_of_files() => Assert.Equal(["a=/x", "/y"], Load("nix-path = z=/z\n", "a=/x:/y").List("nix-path"));
}
