using System;
using System.IO;
using Firn.Fetchers.Fetching;
using Firn.Fetchers.Inputs;
using Xunit;

namespace Firn.Fetchers.Tests;

public sealed class FetchCacheTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("firn-cache-").FullName;
    private readonly Clock _clock = new();

    public void Dispose() => Directory.Delete(_directory, true);

    [Fact]
    public void Entries_outlive_the_process_and_expire()
    {
        InputAttributes key = new InputAttributes().With("url", "http://x/'\"").With("n", 3UL).With("flag", true);
        InputAttributes value = new InputAttributes().With("etag", "W/\"a\"").With("lastModified", 17UL);
        using (FetchCache cache = new(_directory + "/new", 60, _clock))
        {
            Assert.Null(cache.Find("file", key));
            cache.Put("file", key, value);
            Assert.Null(cache.Find("tarball", key));
        }

        using FetchCache later = new(_directory + "/new", 60, _clock);
        long then = _clock.Now.ToUnixTimeSeconds();
        Assert.Equal(new CacheEntry(value, false, then), later.Find("file", key));
        _clock.Now += TimeSpan.FromSeconds(61);
        Assert.Equal(new CacheEntry(value, true, then), later.Find("file", key));
        later.Put("file", key, value);
        Assert.Equal(new CacheEntry(value, false, then + 61), later.Find("file", key));
    }

    [Fact]
    public void Nothing_is_fresh_without_a_time_to_live()
    {
        using FetchCache cache = new(_directory, 0, _clock);
        cache.Put("file", new InputAttributes(), new InputAttributes());
        Assert.True(cache.Find("file", new InputAttributes())!.Expired);
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
