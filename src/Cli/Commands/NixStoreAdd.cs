using System.IO;
using Firn.Formats;
using Firn.Formats.Hashing;
using Firn.Formats.StorePaths;
using Firn.Store;

namespace Firn.Cli.Commands;

/// <summary>Operations of <c>nix-store</c> that put files into the store.</summary>
internal static class NixStoreAdd
{
    public static int Add(NixStoreCall call)
    {
        call.RefuseFlags();
        foreach (string argument in call.Arguments)
        {
            string file = Path.TrimEndingDirectorySeparator(Path.GetFullPath(argument));
            PathInfo info = call.Store.Add(new Source { Name = Path.GetFileName(file), File = file });
            call.Context.WriteLine(call.Store.StoreDir.Print(info.Path));
        }

        return 0;
    }

    public static int AddFixed(NixStoreCall call)
    {
        ContentAddressMethod method = ContentAddressMethod.Flat;
        foreach (string flag in call.Flags)
        {
            method = flag == "--recursive" ? ContentAddressMethod.NixArchive : throw NixStore.Usage($"unknown flag '{flag}'");
        }

        if (call.Arguments.Count == 0)
        {
            throw NixStore.Usage("first argument must be hash algorithm");
        }

        HashAlgorithm algorithm = ParseAlgorithm(call.Arguments[0]);
        for (int i = 1; i < call.Arguments.Count; i++)
        {
            call.Context.Settings.RequireAlgorithm(algorithm);
            string file = Path.TrimEndingDirectorySeparator(Path.GetFullPath(call.Arguments[i]));
            PathInfo info = call.Store.Add(new Source
            {
                Name = Path.GetFileName(file),
                File = file,
                Method = method,
                Algorithm = algorithm,
                KeepExecutable = true,
            });
            call.Context.WriteLine(call.Store.StoreDir.Print(info.Path));
        }

        return 0;
    }

    private static HashAlgorithm ParseAlgorithm(string name)
    {
        try
        {
            return HashAlgorithms.Parse(name);
        }
        catch (FormatsException e)
        {
            throw NixStore.Usage(e.Message);
        }
    }

    public static int PrintFixedPath(NixStoreCall call)
    {
        ContentAddressMethod method = ContentAddressMethod.Flat;
        foreach (string flag in call.Flags)
        {
            method = flag == "--recursive" ? ContentAddressMethod.NixArchive : throw NixStore.Usage($"unknown flag '{flag}'");
        }

        if (call.Arguments.Count != 3)
        {
            throw NixStore.Usage("'--print-fixed-path' requires three arguments");
        }

        HashAlgorithm algorithm = ParseAlgorithm(call.Arguments[0]);
        Hash hash = Hash.Parse(call.Arguments[1], algorithm);
        call.Context.Settings.RequireAlgorithm(algorithm);
        StoreDir dir = call.Store.StoreDir;
        call.Context.WriteLine(dir.Print(dir.MakeFromContentAddress(call.Arguments[2], new ContentAddress(method, hash))));
        return 0;
    }
}
