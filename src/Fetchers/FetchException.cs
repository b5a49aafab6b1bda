using System;

namespace Firn.Fetchers;

/// <summary>Something could not be downloaded, decompressed or unpacked. The message is what a user is shown.</summary>
public class FetchException : Exception
{
    /// <summary>Makes an error with its text.</summary>
    public FetchException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an error with its text and cause.</summary>
    public FetchException(string message, Exception cause)
        : base(message, cause)
    {
    }
}

/// <summary>A download failed.</summary>
public sealed class DownloadException : FetchException
{
    /// <summary>Makes an error.</summary>
    /// <param name="url">What was asked for.</param>
    /// <param name="message">The whole text.</param>
    /// <param name="status">Status of HTTP, or null where no answer came.</param>
    /// <param name="cause">What happened below.</param>
    public DownloadException(string url, string message, int? status, Exception? cause = null)
        : base(message, cause!)
    {
        Url = url;
        Status = status;
    }

    /// <summary>What was asked for.</summary>
    public string Url { get; }

    /// <summary>Status of HTTP, or null where no answer came.</summary>
    public int? Status { get; }

    /// <summary>Whether the server failed as often as it was tried, so that it may be of no use for anything.</summary>
    public bool GaveUp { get; init; }

    /// <summary>Whether the server says that there is no such thing, as opposed to not answering.</summary>
    public bool NotFound => Status is 404 or 410;

    /// <summary>Whether the server says that we may not have it.</summary>
    public bool Refused => Status is 401 or 403 or 407;
}
