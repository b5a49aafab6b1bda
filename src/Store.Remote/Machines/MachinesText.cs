using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Firn.Store.Remote.Machines;

/// <summary>Reads what <c>builders</c> says: machines on lines or between semicolons, and files with more of them behind <c>@</c>.</summary>
/// <remarks>Nix manual, command-ref/conf-file (builders)</remarks>
public static class MachinesText
{
    // Files that name themselves would never end.
    private const int DeepestFile = 64;

    private static readonly char[] s_blanks = [' ', '\t', '\n', '\r'];

    /// <summary>The machines in their order.</summary>
    /// <param name="system">What a machine builds for that does not say so.</param>
    /// <param name="readIfThere">The text of a file; null where there is none.</param>
    /// <exception cref="StoreException">An entry is malformed.</exception>
    public static IReadOnlyList<Machine> Parse(string builders, string system, Func<string, string?> readIfThere)
    {
        var machines = new List<Machine>();
        Add(builders, 0);
        return machines;

        void Add(string text, int depth)
        {
            foreach (string line in text.Split('\n'))
            {
                int comment = line.IndexOf('#', StringComparison.Ordinal);
                foreach (string part in (comment < 0 ? line : line[..comment]).Split(';'))
                {
                    string entry = part.Trim(s_blanks);
                    if (entry.Length == 0) continue;
                    if (entry[0] != '@')
                    {
                        machines.Add(ParseEntry(entry, system));
                        continue;
                    }
                    string file = entry[1..].Trim(s_blanks);
                    if (depth == DeepestFile) throw new StoreException($"machines files name each other without an end: '{file}'");
                    if (readIfThere(file) is { } more) Add(more, depth + 1);
                }
            }
        }
    }

    private static Machine ParseEntry(string entry, string system)
    {
        string[] fields = entry.Split(s_blanks, StringSplitOptions.RemoveEmptyEntries);
        string store = Field(0) ?? throw new StoreException($"bad machine specification: store URL was not found at the first column of a row: '{entry}'");
        float speed = Field(4) is { } factor
            ? float.TryParse(factor, NumberStyles.Float, CultureInfo.InvariantCulture, out float parsed) && float.IsFinite(parsed) ? parsed : throw Bad(4, "float")
            : 1;
        if (speed < 0) throw new StoreException("speed factor must be >= 0");
        return new Machine
        {
            Store = StoreReference.Parse(IsHost(store) ? "ssh://" + store : store),
            Systems = Words(1) ?? new SortedSet<string>(StringComparer.Ordinal) { system },
            SshKey = Field(2) ?? "",
            MaxJobs = Field(3) is { } jobs ? uint.TryParse(jobs, NumberStyles.None, CultureInfo.InvariantCulture, out uint count) ? count : throw Bad(3, "unsigned int") : 1,
            SpeedFactor = speed == 0 ? 1 : speed,
            SupportedFeatures = Words(5) ?? [],
            MandatoryFeatures = Words(6) ?? [],
            PublicHostKey = Field(7) is { } key ? Base64(key) : "",
        };

        string? Field(int index) => index < fields.Length && fields[index] != "-" ? fields[index] : null;

        SortedSet<string>? Words(int index) =>
            Field(index) is { } words ? new SortedSet<string>(words.Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.Ordinal) : null;

        StoreException Bad(int index, string type) => new($"bad machine specification: failed to convert column #{index} in a row: '{entry}' to '{type}'");

        string Base64(string key)
        {
            try
            {
                _ = Convert.FromBase64String(key);
                return key;
            }
            catch (FormatException)
            {
                throw new StoreException($"while parsing machine specification at a column #7 in a row: '{entry}': invalid character in Base64 string: '{key}'");
            }
        }
    }

    /// <summary>Whether it is the name of a host alone, as it stood there before stores had URLs.</summary>
    private static bool IsHost(string store)
    {
        if (store.Contains('/', StringComparison.Ordinal) || store is "auto" or "daemon" or "local" || store[0] == '?') return false;
        foreach (string word in (ReadOnlySpan<string>)["auto?", "daemon?", "local?"])
            if (store.StartsWith(word, StringComparison.Ordinal)) return false;
        return true;
    }
}
