using System;
using System.IO;

namespace Firn.Cli.Arguments;

/// <summary>A script that names one of our commands as its interpreter, which then gets the script's path as its first argument.</summary>
internal static class ScriptFile
{
    /// <summary>The text of the script; null where the argument is none.</summary>
    public static string? Read(string argument)
    {
        try
        {
            if (!File.Exists(argument))
            {
                return null;
            }

            using FileStream file = File.OpenRead(argument);
            return file.ReadByte() == '#' && file.ReadByte() == '!' ? File.ReadAllText(argument) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whatever it is, the kernel has not started us for it.
            return null;
        }
    }
}
