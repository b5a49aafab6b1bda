using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Firn.Cli.Settings;
using Firn.Fetchers;
using Firn.Formats;
using Firn.Store;
using Firn.Store.BinaryCache;

namespace Firn.Cli.Wiring;

/// <summary>The stores that this process takes paths from (<c>substituters</c>), opened together when the first path is missing.</summary>
internal sealed class SubstituterList(CommandContext context)
{
    private readonly System.Threading.Lock _lock = new();
    private Task<IReadOnlyList<ISubstituter>>? _all;

    /// <summary>Those that can be used, in the order in which they are asked. What cannot be opened is a warning.</summary>
    public Task<IReadOnlyList<ISubstituter>> OpenAsync()
    {
        lock (_lock)
        {
            return _all ??= Task.Run(OpenAllAsync);
        }
    }

    private async Task<IReadOnlyList<ISubstituter>> OpenAllAsync()
    {
        List<string> urls = [.. context.Settings.List("substituters").Distinct(StringComparer.Ordinal)];
        ISubstituter?[] opened = await Task.WhenAll(urls.Select(OpenAsync)).ConfigureAwait(false);
        return [.. opened.OfType<ISubstituter>().OrderBy(s => s.Priority)];
    }

    private async Task<ISubstituter?> OpenAsync(string url)
    {
        AnswerCache? answers = null;
        string name = url;
        try
        {
            IStore store = StoreOpening.Open(context, url);
            if (store is not BinaryCacheStore cache)
            {
                store.Connect();
                IReadOnlyDictionary<string, string> parameters = StoreReference.Parse(url).Parameters;
                _ = int.TryParse(parameters.GetValueOrDefault("priority"), out int priority);
                return new StoreSubstituter(store, priority, parameters.GetValueOrDefault("trusted") is "true" or "1" or "yes");
            }

            name = cache.Url;
            if (cache is not DirectoryCacheStore)
            {
                // A server that did not answer a process before need not hold up this one.
                answers = context.CacheServices.Answers;
                if (answers?.IsLeftAlone(name) == true)
                {
                    return null;
                }
            }

            await cache.ConnectAsync().ConfigureAwait(false);
            return cache;
        }
        catch (Exception e) when (e is StoreException or FormatsException or FetchException or CliException or System.IO.IOException)
        {
            // What it says, though it makes no sense, may be another thing the next time.
            if (e.InnerException is DownloadException { GaveUp: true })
            {
                answers?.LeaveAlone(name);
            }

            context.Warn(e.Message);
            return null;
        }
    }
}
