using System;
using System.Collections.Generic;
using System.IO;
using Firn.Fetchers;
using Firn.Fetchers.Compression;
using Firn.Fetchers.Downloads;
using Firn.Formats.Derivations;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Build.Builtins;

/// <summary>
/// <c>builtin:fetchurl</c>: downloads <c>url</c>, or the first of <c>urls</c> that answers, into a file; with
/// <c>unpack</c> the file is a NAR (with <c>.xz</c> compressed) and its tree the output; with <c>executable</c> the file is.
/// </summary>
internal static class FetchUrl
{
    public static void Build(BuiltinContext context)
    {
        if (context.Derivation.Type is not (DerivationType.Fixed or DerivationType.Impure))
        {
            throw new BuiltinException("'builtin:fetchurl' must be a fixed-output or impure derivation");
        }

        string target = context.Out;
        string main = context.Variable("url");
        bool unpack = context.Find("unpack") == "1";
        List<string> urls = [];
        if (context.Wanted is { Method: ContentAddressMethod.Flat } wanted)
        {
            foreach (string mirror in context.HashedMirrors)
            {
                urls.Add($"{mirror.TrimEnd('/')}/{wanted.Hash.Algorithm.Name()}/{wanted.Hash.ToString(HashFormat.Base16, false)}");
            }
        }

        urls.Add(main);
        foreach (string url in (context.Find("urls") ?? "").Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (!urls.Contains(url))
            {
                urls.Add(url);
            }
        }

        for (int i = 0; i < urls.Count; i++)
        {
            try
            {
                Fetch(context, urls[i], target, unpack, main);
                break;
            }
            catch (FetchException e) when (i + 1 < urls.Count)
            {
                context.Log(e.Message);
            }
        }

        if (!unpack && context.Find("executable") == "1")
        {
            File.SetUnixFileMode(target, (UnixFileMode)0x1ed); // 0755
        }
    }

    private static void Fetch(BuiltinContext context, string url, string target, bool unpack, string main)
    {
        context.Url = url;
        context.Begin(url);
        string file = unpack ? target + ".download" : target;
        using (FileStream stream = new(file, FileMode.Create, FileAccess.Write, FileShare.None, 1))
        {
            DownloadTarget download = new(stream);
            DownloadResult result = context.Downloader
                .DownloadAsync(url, download, null, context.Progress, context.Cancel).GetAwaiter().GetResult();
            context.Url = result.Url;
        }

        if (!unpack)
        {
            return;
        }

        using (Stream packed = File.OpenRead(file))
        using (Stream nar = Compressed.Decompress(packed, main.EndsWith(".xz", StringComparison.Ordinal) ? CompressionKind.Xz : CompressionKind.None))
        {
            context.RestoreNar(nar, target);
        }

        File.Delete(file);
    }
}
