using System;
using System.Collections.Generic;
using Firn.Formats.Signing;
using Firn.Formats.StorePaths;

namespace Firn.Store;

/// <summary>Signs what was built here when it becomes valid.</summary>
/// <param name="keys">Asked for when there is something to sign.</param>
public sealed class SigningRegistrar(IRegistrar inner, StoreDir storeDir, Func<IReadOnlyList<SecretKey>> keys) : IRegistrar
{
    public void Register(IReadOnlyCollection<PathInfo> infos)
    {
        var signed = new List<PathInfo>(infos.Count);
        foreach (PathInfo info in infos) signed.Add(info.Ultimate ? info.WithSignatures(storeDir, keys()) : info);
        inner.Register(signed);
    }

    public void AddSignatures(StorePath path, IReadOnlyCollection<string> signatures) => inner.AddSignatures(path, signatures);
}
