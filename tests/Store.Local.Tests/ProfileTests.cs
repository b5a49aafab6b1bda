using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Formats.StorePaths;
using Firn.Store.Local.Profiles;
using Xunit;

namespace Firn.Store.Local.Tests;

public class ProfileTests
{
    private static (Profile Profile, List<string> Notices, StorePath[] Contents) Make(TempStore temp, int count)
    {
        var notices = new List<string>();
        var profile = new Profile(temp.Options.StateDir + "/profiles/system", notices.Add);
        var contents = new StorePath[count];
        for (int i = 0; i < count; i++)
        {
            contents[i] = temp.AddText("content-" + i, "content " + i);
            profile.SwitchTo(profile.Create(temp.Store, temp.Store.StoreDir, contents[i]));
        }
        return (profile, notices, contents);
    }

    private static long[] Numbers(Profile profile) => [.. profile.Find().Generations.Select(generation => generation.Number)];

    [Fact]
    public void GenerationsAreWhatTheReferenceSees()
    {
        using var temp = new TempStore();
        var (profile, _, contents) = Make(temp, 3);
        Assert.Equal([1, 2, 3], Numbers(profile));
        Assert.Equal(3, profile.Find().Current);
        Assert.Equal("system-3-link", new FileInfo(profile.Path).LinkTarget);
        Assert.Equal(temp.Store.StoreDir.Print(contents[1]), new FileInfo(profile.LinkOf(2)).LinkTarget);
        // The same content again is no new generation.
        Assert.Equal(profile.LinkOf(3), profile.Create(temp.Store, temp.Store.StoreDir, contents[2]));
        string[] listed = TempStore.Lines(temp.ReferenceOk("nix-env", "--list-generations", "-p", profile.Path));
        Assert.Equal(3, listed.Length);
        Assert.EndsWith("(current)", listed[2].Trim());
        temp.Reopen();
        temp.Store.Collect(new CollectorRequest(), new CollectorResult());
        Assert.All(contents, path => Assert.True(temp.Store.IsValid(path)));
    }

    [Fact]
    public void SwitchingGoesBackAndThere()
    {
        using var temp = new TempStore();
        var (profile, notices, _) = Make(temp, 3);
        profile.Switch(null);
        Assert.Equal(2, profile.Find().Current);
        Assert.Equal("switching profile from version 3 to 2", notices.Last());
        profile.Switch(1);
        Assert.Equal("no profile version older than the current (1) exists", Assert.Throws<StoreException>(() => profile.Switch(null)).Message);
        Assert.Equal("profile version 9 does not exist", Assert.Throws<StoreException>(() => profile.Switch(9)).Message);
        profile.Switch(3, dryRun: true);
        Assert.Equal(1, profile.Find().Current);
        Assert.False(File.Exists(profile.Path + ".lock"));
    }

    [Fact]
    public void DeletingKeepsTheCurrentOne()
    {
        using var temp = new TempStore();
        var (profile, notices, _) = Make(temp, 6);
        profile.Switch(4);
        Assert.StartsWith("cannot delete current version of profile", Assert.Throws<StoreException>(() => profile.Delete(new HashSet<long> { 4 })).Message);
        profile.Delete(new HashSet<long> { 1, 77 });
        Assert.Equal([2, 3, 4, 5, 6], Numbers(profile));
        Assert.Contains("removing profile version 1", notices);
        profile.DeleteAllBut(2);
        Assert.Equal([3, 4, 5, 6], Numbers(profile));
        profile.DeleteOld(dryRun: true);
        Assert.Contains("would remove profile version 5", notices);
        profile.DeleteOld();
        Assert.Equal([4], Numbers(profile));
    }

    [Fact]
    public void OldGenerationsGoButTheOneThatWasCurrentThen()
    {
        using var temp = new TempStore();
        var (profile, _, _) = Make(temp, 4);
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        profile.DeleteOlderThan(now - 1000);
        Assert.Equal([1, 2, 3, 4], Numbers(profile));
        profile.DeleteOlderThan(now + 1000);
        Assert.Equal([4], Numbers(profile));
        Assert.Equal(now - 14 * 86400, Profile.ParseOlderThan("14d", DateTimeOffset.FromUnixTimeSeconds(now)));
        foreach (string wrong in new[] { "", "14", "d", "0d", "xd", "-1d" }) Assert.Throws<StoreException>(() => Profile.ParseOlderThan(wrong, DateTimeOffset.UtcNow));
    }
}
