using System;

namespace Firn.Eval.Store.Files;

/// <summary>URLs in short forms.</summary>
public static class PseudoUrl
{
    private const string Channel = "channel:";

    /// <summary>Where a channel is, for <c>channel:NAME</c>; other URLs as they are.</summary>
    public static string Resolve(string url) =>
        url.StartsWith(Channel, StringComparison.Ordinal) ? $"https://channels.nixos.org/{url[Channel.Length..]}/nixexprs.tar.xz" : url;

    /// <summary>Whether a place of the search path is downloaded rather than a file.</summary>
    public static bool IsUrl(string place)
    {
        if (place.StartsWith(Channel, StringComparison.Ordinal))
        {
            return true;
        }

        int end = place.IndexOf("://", StringComparison.Ordinal);
        return end >= 0 && place[..end] is "http" or "https" or "file" or "channel" or "git" or "s3" or "ssh";
    }
}
