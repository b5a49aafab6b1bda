using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Firn.Build;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;
using Xunit;

namespace Firn.Store.Remote.Tests;

/// <summary>Whatever the other side sends, it ends with an error in words, soon and with little memory.</summary>
public sealed class FuzzTests
{
    private const int Rounds = 3000;
    private const long MostMemory = 64 << 20;

    private static byte[] Written(Action<WireWriter> write)
    {
        var stream = new MemoryStream();
        var writer = new WireWriter(stream);
        write(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static void Greeting(WireWriter to)
    {
        to.Number(WorkerProtocol.ClientMagic);
        to.Number(WorkerProtocol.Latest.Wire);
        to.Texts([]);
        to.Number(0);
        to.Number(0);
    }

    /// <summary>Operations of a client, each as it should be.</summary>
    private static List<byte[]> Requests()
    {
        const string path = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-x";
        var nar = new ByteBuffer();
        NarWriter.WriteFile("contents"u8, false, nar);
        void Info(WireWriter to)
        {
            to.Text("");
            to.Text(Hash.Sha256(nar.Span).ToString(HashFormat.Base16, false));
            to.Texts([]);
            to.Number(0);
            to.Number((ulong)nar.Length);
            to.Number(0);
            to.Texts([]);
            to.Text("");
        }

        void Framed(WireWriter to, Action<WireWriter> write)
        {
            byte[] inner = Written(write);
            to.Number((ulong)inner.Length);
            to.Write(inner);
            to.Number(0);
        }

        List<byte[]> requests = [];
        void Add(WorkerOperation operation, Action<WireWriter> rest) => requests.Add(Written(to =>
        {
            to.Number((ulong)operation);
            rest(to);
        }));
        foreach (WorkerOperation operation in (WorkerOperation[])[WorkerOperation.IsValidPath, WorkerOperation.QueryPathInfo, WorkerOperation.QueryReferrers,
            WorkerOperation.QueryValidDerivers, WorkerOperation.QueryDerivationOutputMap, WorkerOperation.NarFromPath, WorkerOperation.EnsurePath, WorkerOperation.AddTempRoot])
            Add(operation, to => to.Text(path));
        Add(WorkerOperation.QueryValidPaths, to =>
        {
            to.Texts([path]);
            to.Bool(true);
        });
        Add(WorkerOperation.AddToStore, to =>
        {
            to.Text("x");
            to.Text("fixed:r:sha256");
            to.Texts([]);
            to.Bool(false);
            Framed(to, inner => inner.Write(nar.Span));
        });
        Add(WorkerOperation.AddToStoreNar, to =>
        {
            to.Text(path);
            Info(to);
            to.Bool(false);
            to.Bool(true);
            Framed(to, inner => inner.Write(nar.Span));
        });
        Add(WorkerOperation.AddMultipleToStore, to =>
        {
            to.Bool(false);
            to.Bool(true);
            Framed(to, inner =>
            {
                inner.Number(1);
                inner.Text(path);
                Info(inner);
                inner.Write(nar.Span);
            });
        });
        Add(WorkerOperation.AddTextToStore, to =>
        {
            to.Text("t");
            to.Text("text");
            to.Texts([]);
        });
        Add(WorkerOperation.BuildPathsWithResults, to =>
        {
            to.Texts([path + ".drv!out"]);
            to.Number(0);
        });
        Add(WorkerOperation.BuildDerivation, to =>
        {
            to.Text(path + ".drv");
            to.Number(1);
            foreach (string text in (string[])["out", path, "", ""]) to.Text(text);
            to.Texts([]);
            to.Text("x86_64-linux");
            to.Text("/bin/sh");
            to.Texts(["-c"]);
            to.Number(1);
            to.Text("out");
            to.Text(path);
            to.Number(0);
        });
        Add(WorkerOperation.CollectGarbage, to =>
        {
            to.Number(3);
            to.Texts([path]);
            for (int i = 0; i < 5; i++) to.Number(0);
        });
        Add(WorkerOperation.SetOptions, to =>
        {
            for (int i = 0; i < 12; i++) to.Number(0);
            to.Number(1);
            to.Text("cores");
            to.Text("1");
        });
        return requests;
    }

    private static byte[] Damage(Random random, byte[] bytes)
    {
        var damaged = new List<byte>(bytes);
        switch (random.Next(5))
        {
            case 0:
                damaged.RemoveRange(random.Next(damaged.Count), 0);
                return [.. damaged.Take(random.Next(damaged.Count))];
            case 1:
                // A number of huge size, where numbers stand.
                int at = random.Next(damaged.Count / 8) * 8;
                ulong huge = random.Next(3) switch { 0 => ulong.MaxValue, 1 => ulong.MaxValue - 7, _ => 1UL << random.Next(20, 63) };
                BitConverter.GetBytes(huge).CopyTo(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(damaged)[at..]);
                return [.. damaged];
            case 2:
                int from = random.Next(damaged.Count / 8) * 8;
                damaged.RemoveRange(from, 8);
                return [.. damaged];
            case 3:
                damaged.InsertRange(random.Next(damaged.Count / 8) * 8, new byte[8 * random.Next(1, 4)]);
                return [.. damaged];
            default:
                for (int i = random.Next(1, 8); i > 0; i--) damaged[random.Next(damaged.Count)] = (byte)random.Next(256);
                return [.. damaged];
        }
    }

    private static bool IsInWords(Exception e) => e is StoreException or FormatsException or IOException or BuildException;

    [Fact]
    public void ServersWithstandDamagedRequests()
    {
        var random = new Random(1);
        List<byte[]> requests = Requests();
        int ended = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] whole = [.. Written(Greeting), .. requests[random.Next(requests.Count)], .. requests[random.Next(requests.Count)]];
            byte[] bytes = Damage(random, whole);
            var services = new WorkerServices
            {
                Store = new MemoryStore(StoreDir.Default),
                OpenBuilder = static () => new ServedStore.NoBuilder(),
                Version = "2.34.8",
                Trusted = true,
            };
            var answer = new MemoryStream();
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                new WorkerServer(new MemoryStream(bytes), answer, services, new FrameLog(StoreDir.Default)).Run();
                ended++;
            }
            catch (Exception e) when (IsInWords(e))
            {
                Assert.NotEmpty(e.Message);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostMemory);
        }
        // Some damage is none, and most is answered.
        Assert.InRange(ended, Rounds / 20, Rounds);
    }

    [Fact]
    public void ClientsWithstandDamagedAnswers()
    {
        var random = new Random(2);
        byte[] whole = Written(to =>
        {
            to.Number(WorkerProtocol.ServerMagic);
            to.Number(WorkerProtocol.Latest.Wire);
            to.Texts([]);
            to.Text("2.34.8");
            to.Number(1);
            to.Number((ulong)LogFrame.Last);
            to.Number((ulong)LogFrame.Next);
            to.Text("a message");
            to.Number((ulong)LogFrame.StartActivity);
            foreach (ulong number in (ulong[])[1, 3, 105]) to.Number(number);
            to.Text("building");
            to.Number(1);
            to.Number(1);
            to.Text("/nix/store/0123456789abcdfghijklmnpqrsvwxyz-x.drv");
            to.Number(0);
            to.Number((ulong)LogFrame.Last);
            to.Number((ulong)LogFrame.Last);
            to.Number(1);
            to.Text("");
            to.Text(Hash.Sha256("x"u8).ToString(HashFormat.Base16, false));
            to.Texts(["/nix/store/0123456789abcdfghijklmnpqrsvwxyz-x"]);
            to.Number(1);
            to.Number(2);
            to.Number(0);
            to.Texts([]);
            to.Text("");
        });
        StorePath path = new("0123456789abcdfghijklmnpqrsvwxyz-x");
        Assert.Equal([path], Ask(whole)!.References);
        for (int round = 0; round < Rounds; round++)
        {
            byte[] bytes = Damage(random, whole);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                Ask(bytes);
            }
            catch (Exception e) when (IsInWords(e))
            {
                Assert.NotEmpty(e.Message);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostMemory);
        }

        PathInfo? Ask(byte[] answer)
        {
            using var store = new RemoteStore(new RemoteOptions
            {
                StoreDir = StoreDir.Default,
                Reference = StoreReference.Parse("unix:///socket"),
                Connect = () => new StoreLink(new MemoryStream(answer), new MemoryStream(), static () => false, static () => { }),
            });
            return store.Find(path);
        }
    }
}
