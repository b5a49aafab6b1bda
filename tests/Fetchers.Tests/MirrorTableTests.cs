using System.Collections.Generic;
using System.IO;
using System.Linq;
using Firn.Fetchers.Mirrors;
using Xunit;

namespace Firn.Fetchers.Tests;

public sealed class MirrorTableTests
{
    [Fact]
    public void The_setting_names_servers_in_order()
    {
        IReadOnlyDictionary<string, IReadOnlyList<string>> table = MirrorTable.ParseSetting("gnu=http://a/gnu http://b/?x=1\n debian=http://c gnu= http://d");
        Assert.Equal(["http://a/gnu", "http://b/?x=1", "http://d"], table["gnu"]);
        Assert.Equal(["http://c"], table["debian"]);
    }

    [Fact]
    public void A_setting_that_names_nothing_is_refused()
        => Assert.Contains("'http://a'", Assert.Throws<FetchException>(() => MirrorTable.ParseSetting("http://a")).Message);

    [Fact]
    public void The_environment_comes_before_the_setting_and_both_before_the_machine()
    {
        MirrorTable table = new(MirrorTable.ParseSetting("debian=http://set"), n => n == "NIX_MIRRORS_debian" ? "http://env1/ http://env2" : null, () => ["http://apt"]);
        Assert.Equal(["http://env1/p", "http://env2/p", "http://set/p"], table.Resolve("mirror://debian/p"));
    }

    [Fact]
    public void The_machine_is_asked_for_debian_only()
    {
        MirrorTable table = new(MirrorTable.ParseSetting(""), _ => null, () => ["http://apt/debian"]);
        Assert.Equal(["http://apt/debian/pool/x"], table.Resolve("mirror://debian/pool/x"));
        Assert.Throws<FetchException>(() => table.Resolve("mirror://gnu/x"));
        Assert.Equal(["https://h/x"], table.Resolve("https://h/x"));
    }

    [Fact]
    public void One_line_sources_are_read()
        => Assert.Equal(["http://a/debian", "http://b/debian"], AptSources.ParseLines("""
            # deb http://no/debian bookworm main
            deb [arch=amd64 signed-by=/k.gpg] http://a/debian bookworm main contrib # why
            deb-src http://b/debian bookworm main
            deb http://s/debian-security bookworm-security main
            deb http://t/x stable nonfree
            """));

    [Fact]
    public void Stanza_sources_are_read()
        => Assert.Equal(["http://a/debian", "http://b/debian"], AptSources.ParseStanzas("""
            Types: deb
            URIs: http://a/debian
             http://b/debian
            Suites: bookworm bookworm-updates
            Components: main
            # a comment
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .

            Types: deb
            URIs: http://s/debian-security
            Suites: bookworm-security
            Components: main

            Enabled: no
            URIs: http://off/debian
            Suites: bookworm
            Components: main
            """));

    [Fact]
    public void The_directory_of_a_machine_is_searched()
    {
        string top = Directory.CreateTempSubdirectory("firn-apt-").FullName;
        Directory.CreateDirectory(Path.Combine(top, "sources.list.d"));
        File.WriteAllText(Path.Combine(top, "sources.list"), "deb http://one bookworm main\n");
        File.WriteAllText(Path.Combine(top, "sources.list.d", "b.sources"), "URIs: http://two\nSuites: bookworm\nComponents: main\n");
        File.WriteAllText(Path.Combine(top, "sources.list.d", "a.list"), "deb http://one bookworm main\ndeb cdrom:[x]/ bookworm main\n");
        File.WriteAllText(Path.Combine(top, "sources.list.d", "c.disabled"), "deb http://three bookworm main\n");
        Assert.Equal(["http://one", "http://two"], AptSources.Servers(top));
        Directory.Delete(top, true);
        Assert.Empty(AptSources.Servers(top));
    }
}
