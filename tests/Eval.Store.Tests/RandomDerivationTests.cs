using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using Firn.Eval.Values;
using Firn.Formats.Hashing;
using Xunit;

namespace Firn.Eval.Store.Tests;

/// <summary>
/// Derivations of random attributes that refer to each other in every way. Their paths are compared with a digest that
/// Nix 2.34 gave, and one by one with what an installed Nix computes.
/// </summary>
public sealed class RandomDerivationTests
{
    private const int Count = 150;

    [Theory]
    [InlineData(1, "3c252562f49c9d0c8b50d6cf040729d8")]
    [InlineData(2, "9689539406619197df4f5470ee41d76f")]
    public void Their_paths_are_those_of_the_reference(int seed, string digest)
    {
        using Session session = new();
        session.Write("file", "contents");
        session.Write("tree/inner", "contents");
        string expression = Expression(new Random(seed));
        VList list = (VList)session.Evaluate(expression);
        string[] paths = [.. list.Items.Select(static i => ((VString)i.Force()).Text)];
        session.Store.Flush();
        Assert.All(paths, path => Assert.True(session.Local.IsValid(Formats.StorePaths.StoreDir.Default.Parse(path))));
        if (Reference(session, expression) is { } reference)
        {
            Assert.Equal(reference, paths);
        }

        Assert.Equal(digest, Hash.Sha256(Encoding.UTF8.GetBytes(string.Join('\n', paths))).ToString(HashFormat.Base16, false)[..32]);
    }

    private static string Expression(Random random)
    {
        StringBuilder text = new("let\n");
        for (int i = 0; i < Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"d{i} = derivation {{ name = \"n{i}\"; system = \"x86_64-linux\"; builder = {Text(random, i, 1)}; ");
            bool structured = random.Next(5) == 0;
            if (random.Next(5) == 0)
            {
                text.Append(random.Next(3) switch
                {
                    0 => "outputHash = \"9faf0311ed038e53dc8716254511d2d5b41225dd9cb3a89ca36ae6776a4068e2\"; outputHashAlgo = \"sha256\"; outputHashMode = \"recursive\"; ",
                    1 => "outputHash = \"sha256-n68DEe0DjlPchxYlRRHS1bQSJd2cs6ico2rmd2pAaOI=\"; ",
                    _ => "outputHash = \"9zfcbnnky6y3ijhz7c2h4bmm1qrgzr2f\"; outputHashAlgo = \"sha1\"; outputHashMode = \"flat\"; ",
                });
            }
            else
            {
                text.Append((i % 3) switch { 0 => "", 1 => "outputs = [ \"out\" \"dev\" ]; ", _ => "outputs = [ \"lib\" \"out\" \"dev\" ]; " });
            }

            if (structured)
            {
                text.Append("__structuredAttrs = true; ");
            }

            if (random.Next(3) == 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"args = [ {Value(random, i, 3, false)} {Value(random, i, 3, false)} ]; ");
            }

            if (random.Next(4) == 0)
            {
                text.Append("__ignoreNulls = true; ");
            }

            for (int n = random.Next(6); n >= 0; n--)
            {
                text.Append(CultureInfo.InvariantCulture, $"a{n} = {Value(random, i, 0, structured)}; ");
            }

            text.Append("};\n");
        }

        text.Append("in map (d: builtins.unsafeDiscardStringContext d.drvPath) [ ");
        for (int i = 0; i < Count; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"d{i} ");
        }

        return text.Append(']').ToString();
    }

    private static string Value(Random random, int before, int depth, bool sets) => random.Next(depth > 2 ? 6 : 9) switch
    {
        0 => $"({random.Next(1000).ToString(CultureInfo.InvariantCulture)} - 5)",
        1 => random.Next(2) == 0 ? "true" : "false",
        2 => "null",
        3 or 4 => Text(random, before, depth),
        5 => random.Next(2) == 0 ? "./file" : "./tree",
        6 => $"[ {Value(random, before, depth + 1, sets)} {Value(random, before, depth + 1, sets)} [ ] {Value(random, before, depth + 1, sets)} ]",
        7 when sets => $"{{ z = {Value(random, before, depth + 1, sets)}; b = {{ }}; \"odd name\" = {Value(random, before, depth + 1, sets)}; }}",
        _ => before > 0 ? $"d{random.Next(before)}" : "1.5",
    };

    private static string Text(Random random, int before, int depth)
    {
        string plain = random.Next(4) switch
        {
            0 => "tab\\t\\\"quoted\\\" line\\n\\\\ back",
            1 => "ünïcode ☃",
            2 => "a",
            _ => "x y  z",
        };
        if (before == 0 || depth > 2)
        {
            return $"\"{plain}\"";
        }

        // Every output that the derivation is sure to have, a deep reference, and a file that refers to a file.
        return random.Next(6) switch
        {
            0 => $"\"{plain}${{d{random.Next(before)}}}/bin\"",
            1 => $"\"${{d{random.Next(before)}.out}} {plain} ${{d{random.Next(before)}}}\"",
            2 when depth > 0 => $"\"{plain}${{d{random.Next(Math.Min(before, 10))}.drvPath}}\"",
            3 => $"(builtins.toFile \"f\" \"{plain}${{./file}}\")",
            4 => $"(builtins.unsafeDiscardOutputDependency d{random.Next(before)}.drvPath)",
            _ => $"\"{plain}\"",
        };
    }

    // What a Nix on this machine says; null where there is none, or one too old to know structured attributes.
    private static string[]? Reference(Session session, string expression)
    {
        string program = "/usr/bin/nix-instantiate";
        if (Environment.GetEnvironmentVariable("FIRN_REFERENCE_NIX") is { } given)
        {
            program = Path.Combine(given, "nix-instantiate");
        }

        if (!File.Exists(program))
        {
            return null;
        }

        string file = session.Write("expression.nix", expression);
        ProcessStartInfo start = new(program, ["--eval", "--strict", "--json", "--read-write-mode", file]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["NIX_REMOTE"] = session.Write("reference/x", "")[..^2];
        start.Environment["NIX_STATE_DIR"] = Path.Combine(session.Root, "reference-state");
        start.Environment["NIX_CONF_DIR"] = Path.Combine(session.Root, "reference-conf");
        start.Environment["NIX_CONFIG"] = "build-users-group =\nsubstitute = false";
        using Process process = Process.Start(start)!;
        System.Threading.Tasks.Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.Result);
        using JsonDocument json = JsonDocument.Parse(output);
        return [.. json.RootElement.EnumerateArray().Select(static e => e.GetString()!)];
    }
}
