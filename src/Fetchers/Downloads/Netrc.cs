using System;
using System.Collections.Generic;
using System.IO;

namespace Firn.Fetchers.Downloads;

/// <summary>Names and passwords by host.</summary>
/// <remarks>netrc(5)</remarks>
internal static class Netrc
{
    /// <summary>The entry of a host, or of <c>default</c>, or null.</summary>
    public static (string Login, string Password)? Find(string? file, string host)
    {
        if (file is null || !File.Exists(file))
        {
            return null;
        }

        string? login = null, password = null;
        bool inside = false;
        Queue<string> words = new(File.ReadAllText(file).Split([' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
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
