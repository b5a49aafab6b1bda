using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Firn.Build.Profiles;

namespace Firn.Build.Builtins;

/// <summary>
/// <c>builtin:buildenv</c>: a tree of links to the files of several packages. <c>derivations</c> lists them as words:
/// whether active, priority, number of outputs, output paths. Of two files in one place the one with the lower priority
/// number wins; equal numbers are an error.
/// </summary>
internal static class BuildEnv
{
    public static void Build(BuiltinContext context)
    {
        Directory.CreateDirectory(context.Out);
        try
        {
            new LinkTree(context.Out, context.Real, text => context.Log("warning: " + text), context.Cancel).Make(Packages(context.Variable("derivations")));
        }
        catch (LinkTreeException e)
        {
            throw new BuiltinException(e.Message);
        }

        File.CreateSymbolicLink(Path.Combine(context.Out, "manifest.nix"), context.Variable("manifest"));
    }

    private static List<(string Path, int Priority)> Packages(string text)
    {
        List<(string, int)> packages = [];
        Queue<string> words = new(text.Split([' ', '\t', '\n'], StringSplitOptions.RemoveEmptyEntries));
        while (words.TryDequeue(out string? active))
        {
            int priority = Number(words), outputs = Number(words);
            for (int i = 0; i < outputs; i++)
            {
                string path = words.TryDequeue(out string? word) ? word : throw new BuiltinException("attribute 'derivations' ends too early");
                if (active != "false")
                {
                    packages.Add((path, priority));
                }
            }
        }

        return packages;
    }

    private static int Number(Queue<string> words) =>
        words.TryDequeue(out string? word) && int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int n)
            ? n
            : throw new BuiltinException("attribute 'derivations' has something else where a number belongs");
}
