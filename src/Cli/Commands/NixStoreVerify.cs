using Firn.Cli.Wiring;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>Operations of <c>nix-store</c> that check paths.</summary>
internal static class NixStoreVerify
{
    public static int Verify(NixStoreCall call)
    {
        call.RefuseArguments();
        bool checkContents = false, repair = false;
        foreach (string flag in call.Flags)
        {
            switch (flag)
            {
                case "--check-contents":
                    checkContents = true;
                    break;
                case "--repair":
                    repair = true;
                    break;
                default:
                    throw NixStore.Usage($"unknown flag '{flag}'");
            }
        }

        if (!call.Store.Verify(checkContents, repair ? NixStoreRealise.Repairer(call.Context, call.Store) : null))
        {
            return 0;
        }

        call.Context.Warn("not all store errors were fixed");
        return 1;
    }

    public static int VerifyPath(NixStoreCall call)
    {
        call.RefuseFlags("no flags expected");
        int status = 0;
        foreach (string argument in call.Arguments)
        {
            StorePath path = call.Follow(argument);
            string shown = call.Store.StoreDir.Print(path);
            StoreOpening.Log(call.Context).Write(StoreLogLevel.Talkative, $"checking path '{shown}'...");
            PathInfo info = call.Store.Get(path);
            Hasher hasher = new(info.NarHash.Algorithm);
            call.Store.WriteNar(path, hasher);
            Hash hash = hasher.Finish();
            if (hash != info.NarHash)
            {
                StoreOpening.Log(call.Context).Write(StoreLogLevel.Error, $"path '{shown}' was modified! expected hash '{info.NarHash.ToString(HashFormat.Nix32, true)}', got '{hash.ToString(HashFormat.Nix32, true)}'");
                status = 1;
            }
        }

        return status;
    }

    public static int RepairPath(NixStoreCall call)
    {
        call.RefuseFlags("no flags expected");
        IRepairer repairer = NixStoreRealise.Repairer(call.Context, call.Store);
        foreach (string argument in call.Arguments)
        {
            repairer.Repair(call.Follow(argument));
        }

        return 0;
    }

    public static int CheckValidity(NixStoreCall call)
    {
        bool print = false;
        foreach (string flag in call.Flags)
        {
            print = flag == "--print-invalid" ? true : throw NixStore.Usage($"unknown flag '{flag}'");
        }

        foreach (string argument in call.Arguments)
        {
            StorePath path = call.Follow(argument);
            if (call.Store.IsValid(path))
            {
                continue;
            }

            if (!print)
            {
                throw new InvalidPathException(call.Store.StoreDir, path);
            }

            call.Context.WriteLine(call.Store.StoreDir.Print(path));
        }

        return 0;
    }
}
