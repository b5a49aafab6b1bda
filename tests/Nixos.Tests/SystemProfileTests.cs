using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Firn.Nixos.Generations;
using Xunit;

namespace Firn.Nixos.Tests;

public sealed class SystemProfileTests
{
    private static void AddGeneration(TemporaryDirectory root, int number, string version, string kernel)
    {
        string system = Path.Combine(root.Path, "store", "system-" + number);
        root.File($"store/system-{number}/nixos-version", version + "\n");
        Directory.CreateDirectory(Path.Combine(system, "kernel-modules", "lib", "modules", kernel));
        root.Link($"profiles/system-{number}-link", system);
    }

    private static SystemProfile ThreeGenerations(TemporaryDirectory root)
    {
        AddGeneration(root, 1, "26.05.1", "6.1.0");
        AddGeneration(root, 2, "26.05.2", "6.1.0");
        AddGeneration(root, 10, "26.05.10", "6.12.3");
        Directory.CreateDirectory(Path.Combine(root.Path, "store", "system-2", "specialisation", "quiet"));
        root.File("store/system-2/etc/nixos-version.json", """{"configurationRevision":"abc"}""");
        root.Link("profiles/system", "system-2-link");
        root.Link("profiles/system-x-link", "nowhere");
        root.Link("profiles/other-3-link", "nowhere");
        return SystemProfile.Named("system", Path.Combine(root.Path, "profiles"));
    }

    [Fact]
    public void Generations_are_listed_by_number_with_what_their_systems_say()
    {
        using TemporaryDirectory root = new();
        IReadOnlyList<SystemGeneration> generations = ThreeGenerations(root).Generations();
        Assert.Equal([1, 2, 10], generations.Select(g => g.Number));
        Assert.Equal("26.05.2", generations[1].NixosVersion);
        Assert.Equal("6.12.3", generations[2].KernelVersion);
        Assert.Equal("abc", generations[1].ConfigurationRevision);
        Assert.Equal(["quiet"], generations[1].Specialisations);
        Assert.Equal([false, true, false], generations.Select(g => g.IsCurrent));
    }

    [Fact]
    public void A_generation_whose_system_is_gone_is_unknown()
    {
        using TemporaryDirectory root = new();
        root.Link("profiles/system-1-link", "/nowhere/at/all");
        SystemGeneration generation = Assert.Single(SystemProfile.Named("system", Path.Combine(root.Path, "profiles")).Generations());
        Assert.Equal(("Unknown", "Unknown", ""), (generation.NixosVersion, generation.KernelVersion, generation.ConfigurationRevision));
    }

    [Fact]
    public void The_previous_generation_is_the_one_before_the_current()
    {
        using TemporaryDirectory root = new();
        SystemProfile profile = ThreeGenerations(root);
        Assert.Equal(1, profile.Previous().Number);
        root.Link("profiles/system", "system-10-link");
        Assert.Equal(2, profile.Previous().Number);
        root.Link("profiles/system", "system-1-link");
        Assert.Equal("no previous generation found", Assert.Throws<NixosException>(() => profile.Previous()).Message);
    }

    [Fact]
    public void Other_profiles_are_below_system_profiles()
    {
        Assert.Equal("/p/system", SystemProfile.Named("system", "/p").Path);
        Assert.Equal("/p/system-profiles/test", SystemProfile.Named("test", "/p").Path);
        Assert.Throws<NixosException>(() => SystemProfile.Named("../x", "/p"));
        Assert.Throws<NixosException>(() => SystemProfile.Named("", "/p"));
    }

    [Fact]
    public void The_table_has_a_heading_and_the_newest_first()
    {
        using TemporaryDirectory root = new();
        string[] lines = GenerationList.ToTable(ThreeGenerations(root).Generations()).TrimEnd('\n').Split('\n');
        Assert.Equal(4, lines.Length);
        Assert.StartsWith("Generation  Build-date           NixOS version  Kernel  Configuration Revision  Specialisation  Current", lines[0], System.StringComparison.Ordinal);
        Assert.Matches(@"^10          \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  26\.05\.10       6\.12\.3 .* False$", lines[1]);
        Assert.Matches(@"^2           .* abc +quiet +True$", lines[2]);
        Assert.Matches(@"^1           .* False$", lines[3]);
    }

    [Fact]
    public void Json_has_every_field_of_every_generation()
    {
        using TemporaryDirectory root = new();
        using JsonDocument document = JsonDocument.Parse(GenerationList.ToJson(ThreeGenerations(root).Generations()));
        Assert.Equal(3, document.RootElement.GetArrayLength());
        JsonElement second = document.RootElement[1];
        Assert.Equal(2, second.GetProperty("generation").GetInt32());
        Assert.Equal("26.05.2", second.GetProperty("nixosVersion").GetString());
        Assert.Equal("6.1.0", second.GetProperty("kernelVersion").GetString());
        Assert.Equal("abc", second.GetProperty("configurationRevision").GetString());
        Assert.Equal("quiet", second.GetProperty("specialisations")[0].GetString());
        Assert.True(second.GetProperty("current").GetBoolean());
        Assert.Equal(19, second.GetProperty("date").GetString()!.Length);
    }
}
