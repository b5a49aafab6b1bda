using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Firn.Fetchers;
using Firn.Fetchers.Compression;
using Firn.Fetchers.Downloads;
using Firn.Formats;
using Firn.Formats.Logging;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;

namespace Firn.Store.BinaryCache;

/// <summary>What opening binary caches takes from its surroundings.</summary>
public sealed record BinaryCacheServices
{
    public required StoreDir StoreDir { get; init; }

    /// <summary>Speaks to servers. Shared by all caches, so that each server has one set of connections.</summary>
    public required Downloader Downloader { get; init; }

    /// <summary>Keeps answers of servers; null asks each time.</summary>
    public AnswerCache? Answers { get; init; }

    public IStoreLog Log { get; init; } = new NoStoreLog();

    /// <summary>Takes what caches are asked.</summary>
    public IActivityLog Activities { get; init; } = new NoActivityLog();

    /// <summary>Treat <c>file://</c> caches as if they were on a server: answers are kept, nothing is written (<c>_NIX_FORCE_HTTP</c>).</summary>
    public bool FilesAsServer { get; init; }
}

/// <summary>Opens binary caches by URL.</summary>
/// <remarks>Nix manual, store/types</remarks>
public static class BinaryCaches
{
    /// <summary>Whether stores with this scheme are binary caches.</summary>
    public static bool Handles(string scheme) => scheme is "file" or "http" or "https";

    /// <summary>The cache that a URL names. Nothing is read before it is asked.</summary>
    /// <exception cref="StoreException">A parameter is malformed or a key cannot be read.</exception>
    public static BinaryCacheStore Open(StoreReference reference, BinaryCacheServices services)
    {
        BinaryCacheOptions options = Options(reference, services.Log);
        if (reference.Scheme == "file")
        {
            string directory = Path.GetFullPath("/" + reference.DecodedPlace.TrimStart('/'));
            string url = reference.Render(withParameters: false);
            DirectoryFiles files = new(directory, url, readOnly: services.FilesAsServer);
            return new DirectoryCacheStore(reference, services.StoreDir, files, options, services.FilesAsServer ? services.Answers : null, services.Log, services.Activities);
        }

        StoreReference trimmed = reference with { Place = reference.Place.TrimEnd('/') };
        if (trimmed.Place.Length == 0 || trimmed.Place[0] == '/')
            throw new StoreException("`" + reference.Scheme + "` Store requires a non-empty authority in Store URL");
        Downloader downloader = Identified(services.Downloader, trimmed, options);
        HttpFiles server = new(trimmed.Render(withParameters: false), downloader, downloader != services.Downloader, options, text => services.Log.Write(StoreLogLevel.Error, text));
        return new BinaryCacheStore(trimmed, services.StoreDir, server, options, services.Answers, services.Log, services.Activities);
    }

    /// <summary>The downloader that shows the server a certificate, where it is to.</summary>
    private static Downloader Identified(Downloader downloader, StoreReference reference, BinaryCacheOptions options)
    {
        if (options.ClientCertificate is not { } certificate)
        {
            return options.ClientKey is null ? downloader : throw new StoreException("setting 'tls-private-key' requires 'tls-certificate'");
        }

        return Uri.TryCreate(reference.Render(withParameters: false), UriKind.Absolute, out Uri? uri)
            ? downloader.Identified(new ClientCertificate(uri.IdnHost, certificate, options.ClientKey))
            : throw new StoreException("'" + reference.Place + "' is not a valid URL");
    }

    private static BinaryCacheOptions Options(StoreReference reference, IStoreLog log)
    {
        BinaryCacheOptions options = new();
        List<SecretKey> keys = [];
        foreach ((string name, string value) in reference.Parameters)
        {
            switch (name)
            {
                case "compression":
                    options = options with { Compression = Method(name, value) };
                    break;
                case "compression-level":
                    options = options with { CompressionLevel = Number(name, value) };
                    break;
                case "parallel-compression":
                    options = options with { ParallelCompression = Bool(name, value) };
                    break;
                case "narinfo-compression":
                    options = options with { NarInfoCompression = Encoding(name, value) };
                    break;
                case "ls-compression":
                    options = options with { ListingCompression = Encoding(name, value) };
                    break;
                case "log-compression":
                    options = options with { LogCompression = Encoding(name, value) };
                    break;
                case "write-nar-listing":
                    options = options with { WriteListing = Bool(name, value) };
                    break;
                case "index-debug-info":
                    options = options with { IndexDebugInfo = Bool(name, value) };
                    break;
                case "secret-key":
                    keys.Add(Key(Absolute(value)));
                    break;
                case "secret-keys":
                    foreach (string file in value.Split(',', StringSplitOptions.RemoveEmptyEntries)) keys.Add(Key(file));
                    break;
                case "local-nar-cache":
                    options = options with { LocalNarCache = value.Length == 0 ? null : Absolute(value) };
                    break;
                case "tls-certificate" when reference.Scheme != "file":
                    options = options with { ClientCertificate = value.Length == 0 ? null : Absolute(value) };
                    break;
                case "tls-private-key" when reference.Scheme != "file":
                    options = options with { ClientKey = value.Length == 0 ? null : Absolute(value) };
                    break;
                case "priority":
                    options = options with { Priority = Number(name, value) };
                    break;
                case "want-mass-query":
                    options = options with { WantsMassQuery = Bool(name, value) };
                    break;
                case "trusted":
                    options = options with { TakenWithoutSignature = Bool(name, value) };
                    break;
                case "store" or "path-info-cache-size" or "system-features":
                    break;
                default:
                    log.Write(StoreLogLevel.Warning, "unknown setting '" + name + "'");
                    break;
            }
        }
        return options with { SecretKeys = keys };
    }

    private static string Absolute(string path) => Path.IsPathRooted(path) ? Path.GetFullPath(path) : throw new StoreException("not an absolute path: \"" + path + "\"");

    private static string Method(string name, string value) => Compressed.IsMethod(value) ? value
        : throw new StoreException("option '" + name + "' has invalid value '" + value + "'");

    private static string Encoding(string name, string value) => value.Length == 0 ? value : Method(name, value);

    private static bool Bool(string name, string value) => value switch
    {
        "true" or "yes" or "1" => true,
        "false" or "no" or "0" => false,
        _ => throw new StoreException("Boolean setting '" + name + "' has invalid value '" + value + "'"),
    };

    private static int Number(string name, string value) => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new StoreException("setting '" + name + "' has invalid value '" + value + "'");

    private static SecretKey Key(string file)
    {
        try
        {
            return SecretKey.Parse(File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException("opening file \"" + file + "\": " + FileFailure.Reason(e), e);
        }
        catch (FormatsException e)
        {
            throw new StoreException(e.Message, e);
        }
    }
}
