using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Firn.Cli.Wiring;
using Firn.Formats.Hashing;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;
using Firn.Store;
using Firn.Store.Local;
using Firn.Store.Transfer;

namespace Firn.Cli.Commands;

/// <summary>Operations of <c>nix-store</c> that move paths and facts between stores.</summary>
internal static class NixStoreTransfer
{
    private const int BufferSize = 64 * 1024;

    private static BufferedStream OpenInput() => new(Console.OpenStandardInput(), BufferSize);

    public static int Dump(NixStoreCall call)
    {
        call.RefuseFlags();
        LocalStore.DumpTree(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Single(call))), new OutputSink(call.Context), call.Context.Settings.Bool("use-case-hack"));
        return 0;
    }

    public static int Restore(NixStoreCall call)
    {
        call.RefuseFlags();
        using Stream input = OpenInput();
        LocalStore.RestoreOrdinary(input, Path.TrimEndingDirectorySeparator(Path.GetFullPath(Single(call))), call.Context.Settings.Bool("use-case-hack"));
        return 0;
    }

    private static string Single(NixStoreCall call) => call.Arguments is [string argument] ? argument : throw NixStore.Usage("only one argument allowed");

    public static int Export(NixStoreCall call)
    {
        call.RefuseFlagsByName();
        HashSet<StorePath> paths = [];
        foreach (string argument in call.Arguments)
        {
            paths.Add(call.Follow(argument));
        }

        ExportFormat.Export(call.Store, paths, new OutputSink(call.Context));
        return 0;
    }

    public static int Import(NixStoreCall call)
    {
        call.RefuseFlagsByName();
        call.RefuseArguments();
        using Stream input = OpenInput();
        List<StorePath> added = [];
        ExportFormat.Import(call.Store, input, added.Add);
        foreach (StorePath path in added)
        {
            call.Context.WriteLine(call.Store.StoreDir.Print(path));
        }

        return 0;
    }

    public static int Init(NixStoreCall call)
    {
        call.RefuseFlags();
        call.RefuseArguments();
        call.Store.Connect();
        return 0;
    }

    public static int DumpDatabase(NixStoreCall call)
    {
        call.RefuseFlags();
        IReadOnlyList<StorePath> paths = call.Arguments.Count == 0 ? call.Store.AllValid() : call.Arguments.ConvertAll(call.Follow);
        foreach (StorePath path in paths)
        {
            call.Context.Write(Encoding.UTF8.GetBytes(ValidityRegistration.Render(call.Store.Get(path), call.Store.StoreDir)));
        }

        return 0;
    }

    public static int LoadDatabase(NixStoreCall call)
    {
        call.RefuseFlags();
        call.RefuseArguments();
        RegisterAll(call, again: true, hashGiven: true, canonicalise: false);
        return 0;
    }

    public static int RegisterValidity(NixStoreCall call)
    {
        bool again = false, hashGiven = false;
        foreach (string flag in call.Flags)
        {
            switch (flag)
            {
                case "--reregister":
                    again = true;
                    break;
                case "--hash-given":
                    hashGiven = true;
                    break;
                default:
                    throw NixStore.Usage($"unknown flag '{flag}'");
            }
        }

        call.RefuseArguments();
        RegisterAll(call, again, hashGiven, canonicalise: true);
        return 0;
    }

    private static void RegisterAll(NixStoreCall call, bool again, bool hashGiven, bool canonicalise)
    {
        LocalStore store = call.Store.Require<LocalStore>("Registering paths");
        SortedDictionary<StorePath, PathInfo> infos = [];
        using StreamReader input = new(Console.OpenStandardInput(), new UTF8Encoding(false));
        while (ValidityRegistration.Read(input, store.StoreDir, hashGiven) is PathInfo read)
        {
            if (!again && store.IsValid(read.Path))
            {
                continue;
            }

            PathInfo info = read;
            string real = store.RealPath(info.Path);
            if (canonicalise)
            {
                store.Canonicalise(real, null, new HashSet<FileIdentity>());
            }

            if (!hashGiven)
            {
                Hasher hasher = new(HashAlgorithm.Sha256);
                store.WriteNar(real, hasher);
                info = info with { NarSize = hasher.Count, NarHash = hasher.Finish() };
            }

            infos[info.Path] = info;
        }

        store.Register(infos.Values);
    }

    public static int GenerateBinaryCacheKey(NixStoreCall call)
    {
        call.RefuseFlagsByName();
        if (call.Arguments.Count != 3)
        {
            throw NixStore.Usage("three arguments expected");
        }

        SecretKey key = SecretKey.Generate(call.Arguments[0]);
        File.WriteAllText(call.Arguments[2], key.PublicKey.ToString());
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
        using FileStream secret = new(call.Arguments[1], options);
        secret.Write(Encoding.UTF8.GetBytes(key.ToSecretText()));
        return 0;
    }
}
