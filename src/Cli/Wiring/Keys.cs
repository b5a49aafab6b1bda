using System.Collections.Generic;
using System.IO;
using Firn.Cli.Settings;
using Firn.Formats.Signing;

namespace Firn.Cli.Wiring;

/// <summary>The keys that the settings name.</summary>
internal static class Keys
{
    /// <summary>Keys whose signatures count: <c>trusted-public-keys</c>, and those of <c>secret-key-files</c>.</summary>
    /// <exception cref="Formats.FormatsException">One of them is no key.</exception>
    public static List<PublicKey> Trusted(NixSettings settings)
    {
        List<PublicKey> keys = [];
        foreach (string text in settings.List("trusted-public-keys"))
        {
            keys.Add(PublicKey.Parse(text));
        }

        foreach (string file in settings.List("secret-key-files"))
        {
            // A key that this user may not read is for others: for the daemon, as a rule.
            if (ReadSecret(file) is SecretKey key)
            {
                keys.Add(key.PublicKey);
            }
        }

        return keys;
    }

    /// <summary>The keys that sign what is built here.</summary>
    public static List<SecretKey> Secret(NixSettings settings)
    {
        List<SecretKey> keys = [];
        foreach (string file in settings.List("secret-key-files"))
        {
            keys.Add(SecretKey.Parse(SystemErrors.ReadText(file)));
        }

        return keys;
    }

    private static SecretKey? ReadSecret(string file)
    {
        try
        {
            return SecretKey.Parse(File.ReadAllText(file));
        }
        catch (IOException)
        {
            return null;
        }
        catch (System.UnauthorizedAccessException)
        {
            return null;
        }
    }
}
