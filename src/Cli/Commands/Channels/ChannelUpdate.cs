using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;
using Firn.Cli.Commands.Env;
using Firn.Eval.Printing;
using Firn.Fetchers;
using Firn.Fetchers.Fetching;

namespace Firn.Cli.Commands.Channels;

/// <summary>Fetches channels and makes them the packages of a profile, a folder each.</summary>
/// <param name="call">Has the profile of the channels.</param>
/// <remarks>Nix manual, command-ref/nix-channel</remarks>
internal sealed partial class ChannelUpdate(NixEnvCall call)
{
    private const string LongName = "nixexprs.tar.xz", ShortName = "nixexprs.tar.bz2";

    // A channel for the profile to have: unpacked by the store itself.
    private const string Unpack =
        """
        { name, channelName, src }:
        derivation {
          inherit name channelName src;
          builder = "builtin:unpack-channel";
          system = "builtin";
          preferLocalBuild = true;
        }
        """;

    /// <param name="channels">URLs by name.</param>
    /// <param name="names">Those to fetch anew; none for all. Others stay as they are.</param>
    public void Run(SortedDictionary<string, string> channels, IReadOnlyCollection<string> names)
    {
        DownloadCache downloads = call.Session.Store.Fetcher.Downloads;
        foreach ((string name, string url) in channels)
        {
            // Where the URL has a version, lists of what the profile has are to show it.
            string versioned = name + Version().Match(ChannelList.NameOf(url)).Value;
            bool wanted = names.Count == 0 || System.Linq.Enumerable.Contains(names, name);
            call.Arguments.Add(wanted ? Fetched(downloads, name, versioned, url) : Present(name, versioned));
        }

        call.Context.Say(LogLevel.Error, $"unpacking {channels.Count} channels...");
        call.Context.Verbosity = Math.Max(0, call.Context.Verbosity - 1);
        call.Expression = Unpack;
        call.Flags.AddRange(["--remove-all", "--from-expression"]);
        EnvInstall.Install(call);
    }

    private string Fetched(DownloadCache downloads, string name, string versioned, string url)
    {
        // Where servers redirect, all that belongs to one state of a channel is to come from one place.
        DownloadedFile file = downloads.File(url, ChannelList.NameOf(url));
        if (!TarballName().IsMatch(file.Path.BaseName))
        {
            string place = file.Url;
            try
            {
                file = downloads.File(place + "/" + LongName, LongName);
            }
            catch (DownloadException)
            {
                file = downloads.File(place + "/" + ShortName, ShortName);
            }
        }

        return $"unpack: unpack {{ name = {Quote(versioned)}; channelName = {Quote(name)}; src = builtins.storePath {Quote(call.Store.StoreDir.Print(file.Path))}; }}";
    }

    private string Present(string name, string versioned)
    {
        string link = Path.Combine(call.Profile.Path, name);
        string target = new FileInfo(link).LinkTarget ?? throw new CliException($"channel '{name}' was not fetched yet: there is no '{link}'");
        return $$"""_: rec { name = {{Quote(versioned)}}; type = "derivation"; outputs = [ "out" ]; system = "builtin"; outPath = builtins.storePath {{Quote(Path.GetDirectoryName(target)!)}}; out = { inherit outPath; }; }""";
    }

    private static string Quote(string text) => Literals.Quote(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(@"-\d.*$", RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    [GeneratedRegex(@"\.tar\.(gz|bz2|xz)$", RegexOptions.CultureInvariant)]
    private static partial Regex TarballName();
}
