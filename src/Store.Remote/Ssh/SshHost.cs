using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace Firn.Store.Remote.Ssh;

/// <summary>A machine that is reached with ssh, and how.</summary>
/// <remarks>Nix manual, store/types/ssh-store; ssh(1)</remarks>
public sealed record SshHost
{
    private const string ThisMachine = "localhost";

    private SshHost(string name, string? user, int? port) => (Name, User, Port) = (name, user, port);

    /// <summary>The name or address of the machine.</summary>
    public string Name { get; }

    /// <summary>Who logs in there; null for what ssh's configuration says.</summary>
    public string? User { get; }

    /// <summary>Null for what ssh's configuration says.</summary>
    public int? Port { get; }

    /// <summary>A file with the private key; empty for what ssh finds itself.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>The machine's public key as a line of known hosts has it, without the name; empty for what ssh knows itself.</summary>
    public string PublicHostKey { get; init; } = "";

    /// <summary>Whether ssh compresses.</summary>
    public bool Compress { get; init; }

    /// <summary>Further arguments of ssh (<c>NIX_SSHOPTS</c>).</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Whether ssh tells what it does.</summary>
    public bool Talkative { get; init; }

    /// <summary>Takes what the command there and ssh itself write to their standard error; null where that goes to ours.</summary>
    public Func<Stream>? Errors { get; init; }

    /// <summary>Whether commands are run here, without ssh.</summary>
    public bool IsThisMachine => Name == ThisMachine && User is null && Port is null;

    /// <summary>Reads <c>[user@]host[:port]</c>, where addresses of IPv6 stand in brackets.</summary>
    /// <exception cref="StoreException">It is none, or ssh would take it for an option.</exception>
    public static SshHost Parse(string authority)
    {
        string decoded = Uri.UnescapeDataString(authority);
        int at = decoded.LastIndexOf('@');
        string? user = at < 0 ? null : decoded[..at];
        string rest = decoded[(at + 1)..];
        int? port = null;
        int close = rest.StartsWith('[') ? rest.IndexOf(']', StringComparison.Ordinal) : -1;
        int colon = rest.LastIndexOf(':');
        if (colon > close && (close >= 0 || rest.IndexOf(':', StringComparison.Ordinal) == colon))
        {
            if (!ushort.TryParse(rest.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)) throw Invalid("port is not a number");
            port = number;
            rest = rest[..colon];
        }
        string name = close >= 0 ? rest[1..close] : rest;
        if (user is "") throw Invalid("user name must not be empty");
        if (user?.StartsWith('-') == true) throw Invalid($"user name '{user}' must not start with '-'");
        if (name.Length == 0) throw Invalid("host name must not be empty");
        if (name.StartsWith('-')) throw Invalid($"host name '{name}' must not start with '-'");
        return new SshHost(name, user, port);

        StoreException Invalid(string reason) => new($"invalid SSH authority: '{decoded}': {reason}");
    }

    /// <summary>The words of a command that runs another there. Its first line of output is <c>started</c> once ssh is connected.</summary>
    /// <param name="command">What runs there; the shell there takes its words apart again.</param>
    /// <param name="knownHosts">A file with the machine's public key; null where ssh knows it.</param>
    public IReadOnlyList<string> CommandLine(IReadOnlyList<string> command, string? knownHosts)
    {
        if (IsThisMachine) return command;
        List<string> words = ["ssh", User is null ? Name : User + "@" + Name, "-x", .. Arguments];
        if (KeyFile.Length > 0) words.AddRange(["-i", KeyFile]);
        if (knownHosts is not null) words.Add("-oUserKnownHostsFile=" + knownHosts);
        if (Compress) words.Add("-C");
        if (Port is { } port) words.Add("-p" + port.ToString(CultureInfo.InvariantCulture));
        words.AddRange(["-oPermitLocalCommand=yes", "-oLocalCommand=echo started"]);
        if (Talkative) words.Add("-v");
        return [.. words, "--", .. command];
    }

    /// <summary>A new file with the machine's public key; null where none was given.</summary>
    /// <exception cref="StoreException">The key is not Base64.</exception>
    internal string? WriteKnownHosts()
    {
        if (PublicHostKey.Length == 0) return null;
        string key;
        try
        {
            key = Encoding.UTF8.GetString(Convert.FromBase64String(PublicHostKey));
        }
        catch (FormatException)
        {
            throw new StoreException($"invalid character in Base64 string: '{PublicHostKey}', while decoding ssh public host key for host '{Name}'");
        }
        string file = Path.Combine(Directory.CreateTempSubdirectory("nix-").FullName, "host-key");
        // ssh looks a machine at another port up by both.
        string names = Port is { } port ? $"{Name},[{Name}]:{port}" : Name;
        File.WriteAllText(file, names + " " + key + "\n");
        return file;
    }
}
