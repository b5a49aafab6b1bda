using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Firn.Formats.StorePaths;
using Firn.Sandbox;

namespace Firn.Build.Execution;

/// <summary>The store that a running build talks to, from before it starts until after its end.</summary>
internal sealed class RecursiveBuild : IDisposable
{
    private readonly BuildContext _context;
    private readonly bool _sandboxed;
    private readonly RecursiveView _view;
    private readonly IDisposable _server;
    private readonly ManualResetEventSlim _attached = new();
    private RunningBuild? _running;

    /// <param name="path">What is being built.</param>
    /// <param name="closure">The closure of its inputs.</param>
    /// <param name="socket">Where the builder finds it, as this side sees the place.</param>
    public RecursiveBuild(BuildContext context, StorePath path, SortedSet<StorePath> closure, BuildPlace place, string socket)
    {
        _context = context;
        _sandboxed = !place.InPlace;
        _view = new RecursiveView(path, closure, Show);
        _server = context.Recursive!.Serve(socket, _view);
        if (place.User is { } user)
        {
            Posix.ChangeOwner(socket, user.Uid, user.Gid);
        }
    }

    /// <summary>The builder runs: what is added from now on appears in its file system.</summary>
    public void Attach(RunningBuild running)
    {
        _running = running;
        _attached.Set();
    }

    /// <summary>The builder is done, so nothing is served any more.</summary>
    /// <returns>All that it knew of.</returns>
    public SortedSet<StorePath> End()
    {
        _server.Dispose();
        return _view.Paths();
    }

    private void Show(StorePath path)
    {
        // In no sandbox it sees the store as it is.
        if (!_sandboxed)
        {
            return;
        }

        _attached.Wait();
        try
        {
            (_running ?? throw new SandboxException("the build has not started")).Bind(_context.Store.Paths.RealPath(path), _context.Store.Infos.StoreDir.Print(path), readOnly: true);
        }
        catch (SandboxException e)
        {
            throw new BuildException(BuildStatus.MiscFailure, $"could not add path '{_context.Store.Infos.StoreDir.Print(path)}' to sandbox: {e.Message}");
        }
    }

    public void Dispose()
    {
        // Where the builder never started, somebody may wait for it.
        _attached.Set();
        _server.Dispose();
    }
}
