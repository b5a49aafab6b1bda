using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;

namespace Firn.Store.Local.Tests;

/// <summary>What the tests run in processes of its own.</summary>
public static class ChildProcess
{
    public static int Main(string[] arguments) => arguments switch
    {
        ["work", var root, var seed] => Work(root, int.Parse(seed)),
        ["fill", var root] => Fill(root),
        _ => 2,
    };

    /// <summary>Starts this program anew.</summary>
    public static Process Start(IEnumerable<string> wrapper, params string[] arguments)
    {
        string[] command = [.. wrapper, "dotnet", typeof(ChildProcess).Assembly.Location, .. arguments];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        return Process.Start(start)!;
    }

    /// <summary>Adds, registers, shares, roots and collects at random, for ever.</summary>
    private static int Work(string root, int seed)
    {
        var random = new Random(seed);
        using var store = new LocalStore(LocalStoreOptions.UnderRoot(root, StoreDir.Default));
        store.Open();
        for (int turn = 0; ; turn++)
        {
            // So the parent knows how far this is, and kills in the middle of the next turn.
            Console.WriteLine(turn);
            switch (random.Next(10))
            {
                case < 4:
                    AddTexts(store, random);
                    break;
                case < 7:
                    AddTree(store, random);
                    break;
                case 7:
                    AddSource(store, root, random);
                    break;
                case 8:
                    store.Optimise();
                    break;
                default:
                    // Temporary roots of this process keep what it added; another's are gone.
                    store.Collect(new CollectorRequest { MaxFreed = random.Next(3) == 0 ? ulong.MaxValue : 20_000 }, new CollectorResult());
                    break;
            }
        }
    }

    private static void AddTexts(LocalStore store, Random random)
    {
        var texts = new List<TextObject>();
        for (int i = 0; i < 40; i++)
        {
            StorePath[] references = [.. texts.Where(_ => random.Next(10) == 0).Select(text => text.Path).Distinct().Order()];
            byte[] contents = Encoding.ASCII.GetBytes(string.Join('\n', references) + random.Next(200));
            StorePath path = store.StoreDir.MakeText("text", Hash.Sha256(contents), references);
            if (texts.All(text => text.Path != path)) texts.Add(new TextObject { Path = path, Contents = contents, References = references });
        }
        store.AddTexts(texts);
        store.AddPermanentRoot(texts[^1].Path, store.Options.StateDir + "/gcroots/root-" + random.Next(5));
    }

    private static void AddTree(LocalStore store, Random random)
    {
        int kind = random.Next(50);
        byte[] nar = AddingTests.Tree(sink =>
        {
            sink.BeginDirectory();
            for (int i = 0; i < 30; i++)
            {
                sink.Entry(Encoding.ASCII.GetBytes("file-" + i.ToString("D3")));
                sink.BeginRegular(i % 3 == 0, 100);
                sink.Contents(Encoding.ASCII.GetBytes(new string((char)('a' + (kind + i) % 20), 100)));
                sink.EndRegular();
            }
            sink.EndDirectory();
        });
        var path = new StorePath(Hash.Sha256(nar).Bytes[..20], "tree");
        store.AddNar(new PathInfo { Path = path, NarHash = Hash.Sha256(nar), NarSize = (ulong)nar.Length }, new MemoryStream(nar));
    }

    private static void AddSource(LocalStore store, string root, Random random)
    {
        string file = root + "/source-" + Environment.ProcessId;
        File.WriteAllText(file, "source " + random.Next(30));
        store.Add(new Source { Name = "source", File = file });
    }

    /// <summary>Adds until the disk is full, and collects then.</summary>
    private static int Fill(string root)
    {
        var options = LocalStoreOptions.UnderRoot(root, StoreDir.Default) with { ReservedSpace = 1024 * 1024 };
        string? failure = null;
        int added = 0;
        using (var store = new LocalStore(options))
            while (failure == null)
                try
                {
                    store.AddText("text-" + added, Encoding.ASCII.GetBytes(new string('x', 50_000) + added), []);
                    added++;
                }
                catch (StoreException e)
                {
                    failure = e.Message;
                }
        Console.WriteLine("failed: " + failure);
        using (var store = new LocalStore(options))
        {
            if (store.AllValid().Count != added) return Fail("expected " + added + " paths, found " + store.AllValid().Count);
            if (store.Verify(checkContents: true, repairer: null)) return Fail("the store is damaged");
            var result = new CollectorResult();
            store.Collect(new CollectorRequest(), result);
            if (store.AllValid().Count != 0) return Fail("the collector left paths");
            store.AddText("after", "x"u8.ToArray(), []);
            if (store.Verify(checkContents: true, repairer: null)) return Fail("the store is damaged after collecting");
        }
        return 0;

        static int Fail(string message)
        {
            Console.WriteLine(message);
            return 1;
        }
    }
}
