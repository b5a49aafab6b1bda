using System;
using System.Collections.Generic;
using System.IO;

namespace Firn.Fetchers.Downloads;

/// <summary>Names and passwords by host.</summary>
/// <remarks>netrc(5)</remarks>
public static class Netrc
{
    /// <summary>The entry of a host, or of <c>default</c>, or null.</summary>
    public static (string Login, string Password)? Find(DownloadSettings settings, string host) => Read(settings) is { } text ? Find(text, host) : null;

    /// <summary>The contents of the file, or null where there is none.</summary>
    public static string? Read(DownloadSettings settings) =>
        settings.NetrcText ?? (settings.NetrcFile is { } file && File.Exists(file) ? File.ReadAllText(file) : null);

    private static (string Login, string Password)? Find(string text, string host)
    {
        string? login = null, password = null;
        bool inside = false;
        Queue<string> words = new(text.Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
        while (words.TryDequeue(out string? word))
        {
            switch (word)
            {
                case "machine" or "default":
                    if (inside && login is not null && password is not null)
                    {
                        return (login, password);
                    }

                    inside = word == "default" || (words.TryDequeue(out string? name) && name == host);
                    login = password = null;
                    break;
                case "login" when words.TryDequeue(out string? value):
                    login = value;
                    break;
                case "password" when words.TryDequeue(out string? value):
                    password = value;
                    break;
            }
        }

        return inside && login is not null && password is not null ? (login, password) : null;
    }
}
