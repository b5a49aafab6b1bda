using Firn.Formats.Realisations;
using Firn.Formats.StorePaths;
using Firn.Store.Objects;

namespace Firn.Store.Local;

public sealed partial class LocalStore : ILocalFsStore, ITrustPolicy
{
    public string StateDir => Options.StateDir;

    public StoreReference Reference => Options.Reference;

    /// <summary>Who can open the files may do everything with them.</summary>
    public bool? Trusted => true;

    public string? Version => Options.Version;

    public void Connect() => Open();

    public bool Accepts(PathInfo info) => !Options.RequireSignatures || info.CountGoodSignatures(StoreDir, Options.TrustedKeys()) > 0;

    public bool Accepts(Realisation realisation) => !Options.RequireSignatures || realisation.CountSignatures(Options.TrustedKeys()) > 0;

    IObjectFiles IStoreFiles.Open(StorePath path) => new RealFiles(RealPath(path));

    public IObjectFiles OpenFiles(StorePath path) => IsValid(path) ? new RealFiles(RealPath(path)) : throw new InvalidPathException(StoreDir, path);
}
