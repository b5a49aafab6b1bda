using System.Collections.Generic;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Xunit;

namespace Firn.Fetchers.Tests;

public sealed class ForgeFetcherTests
{
    [Fact]
    public void Forges_are_asked_with_the_token_that_fits_best()
    {
        FetchSettings settings = new()
        {
            CacheDirectory = "/none",
            AccessTokens = new Dictionary<string, string> { ["github.com"] = "a", ["github.com/owner"] = "b", ["gitlab.com"] = "PAT:c" },
        };
        List<string> warnings = [];
        ForgeFetcher forges = new(settings, null!, null!, null!, warnings.Add);
        InputSchemes schemes = new(new HashSet<string> { "flakes" }, true, warnings.Add);
        Assert.Equal([("Authorization", "token b")], forges.Headers(schemes.FromUrl("github:owner/repo")));
        Assert.Equal([("Authorization", "token a")], forges.Headers(schemes.FromUrl("github:owner2/repo")));
        Assert.Equal([("Private-token", "c")], forges.Headers(schemes.FromUrl("gitlab:g/p")));
        Assert.Empty(forges.Headers(schemes.FromUrl("sourcehut:~u/r")));
        Assert.Empty(warnings);
        Assert.Equal("https://github.com/o/r/archive/1.tar.gz", ForgeFetcher.ArchiveUrl(schemes.FromUrl("github:o/r"), "1", authorised: false));
        Assert.Equal("https://api.github.com/repos/o/r/tarball/1", ForgeFetcher.ArchiveUrl(schemes.FromUrl("github:o/r"), "1", authorised: true));
        Assert.Equal("https://h/api/v3/repos/o/r/tarball/1", ForgeFetcher.ArchiveUrl(schemes.FromUrl("github:o/r?host=h"), "1", authorised: false));
        Assert.Equal("https://gitlab.com/api/v4/projects/o%2Fr/repository/archive.tar.gz?sha=1", ForgeFetcher.ArchiveUrl(schemes.FromUrl("gitlab:o/r"), "1", authorised: false));
        Assert.Equal("https://git.sr.ht/~o/r/archive/1.tar.gz", ForgeFetcher.ArchiveUrl(schemes.FromUrl("sourcehut:~o/r"), "1", authorised: false));
    }
}
