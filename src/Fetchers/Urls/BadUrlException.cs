namespace Firn.Fetchers.Urls;

/// <summary>Text that is no URL, or a URL that its scheme does not allow.</summary>
public sealed class BadUrlException(string message) : FetchException(message);
