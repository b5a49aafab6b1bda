using System;
using System.IO;

namespace Firn.Nixos.Tests;

/// <summary>The sources, which hold the scripts under test.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("FIRN_ROOT") is { Length: > 0 } root)
        {
            return root;
        }

        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Firn.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("no Firn.slnx above the test assembly; set FIRN_ROOT");
    }
}
