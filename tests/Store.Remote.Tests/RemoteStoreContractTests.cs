using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats;
using Firn.Formats.StorePaths;
using Firn.Store.Contract;
using Firn.Store.Remote.Client;
using Firn.Store.Remote.Wire;
using Xunit;

namespace Firn.Store.Remote.Tests;

/// <summary>A store behind a connection is like any other, whichever version of the protocol the server speaks.</summary>
public abstract class RemoteStoreContract(byte minor) : StoreContract<RemoteStore>
{
    private readonly List<IDisposable> _all = [];
    private readonly List<ServedStore> _served = [];

    protected override RemoteStore Create()
    {
        var served = new ServedStore(new MemoryStore(StoreDir.Default), new ProtocolVersion(1, minor));
        RemoteStore store = served.Connect();
        _served.Add(served);
        _all.Add(store);
        _all.Add(served);
        return store;
    }

    public override void Dispose()
    {
        _all.ForEach(one => one.Dispose());
        // An error of an operation is an answer; what gets here is a client that gave up in the middle of its contents.
        foreach (ServedStore served in _served) Assert.All(served.Faults, fault => Assert.True(fault is IOException or FormatsException, fault.ToString()));
    }
}

public sealed class NewestRemoteStoreTests() : RemoteStoreContract(38);

/// <summary>As Nix 2.8 speaks it.</summary>
public sealed class OlderRemoteStoreTests() : RemoteStoreContract(34);

/// <summary>Realisations are JSON, but paths go one by one.</summary>
public sealed class SingleRemoteStoreTests() : RemoteStoreContract(31);
