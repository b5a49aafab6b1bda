using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Realisations;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Transfer;

namespace Firn.Store.Remote.Worker;

// Contents, and what is said of them.
public sealed partial class WorkerServer
{
    private void AddToStore()
    {
        if (_version < WorkerProtocol.AddFramed)
        {
            AddToStoreInNar();
            return;
        }
        string name = _from.Text(), address = _from.Text();
        SortedSet<StorePath> references = _from.Paths(Dir);
        bool repair = _from.Bool();
        PathInfo added = Work(() =>
        {
            using var dump = new FramedReader(_from);
            return Draining(dump, () =>
            {
                (ContentAddressMethod method, HashAlgorithm algorithm) = ContentAddressMethods.ParseWithAlgorithm(address);
                return DumpAdder.Add(Store, Adder, dump, name, method, algorithm, [.. references], repair);
            });
        });
        _to.Path(Dir, added.Path);
        _to.Info(Dir, added);
    }

    // Whatever comes of it, the connection stands behind the contents then.
    private static T Draining<T>(FramedReader from, Func<T> take)
    {
        try
        {
            return take();
        }
        finally
        {
            from.Drain();
        }
    }

    private void AddToStoreInNar()
    {
        string name = _from.Text();
        bool given = _from.Bool();
        ulong recursive = _from.Number();
        string word = _from.Text();
        if (recursive > 1) throw new ProtocolException($"unsupported FileIngestionMethod with value of {recursive}; you may need to upgrade nix-daemon");
        // Old clients say nothing where they mean the usual.
        HashAlgorithm algorithm = given ? HashAlgorithms.Parse(word) : HashAlgorithm.Sha256;
        ContentAddressMethod method = given && recursive == 0 ? ContentAddressMethod.Flat : ContentAddressMethod.NixArchive;
        // The client has no way to learn of a failure before it has sent it all: then nothing behind it has a meaning.
        _astray = true;
        PathInfo added = Work(() => DumpAdder.Add(Store, Adder, _from, name, method, algorithm, [], repair: false, inNar: true));
        _astray = false;
        _to.Path(Dir, added.Path);
    }

    private INarAdder Adder => Store.Require<INarAdder>("Adding paths");

    private void AddTextToStore()
    {
        string name = _from.Text();
        byte[] text = _from.Bytes(WireReader.MaxContents);
        SortedSet<StorePath> references = _from.Paths(Dir);
        _to.Path(Dir, Work(() => Store.Require<ITextAdder>("Adding texts").AddText(name, text, [.. references])));
    }

    private void AddToStoreNar()
    {
        PathInfo info = _from.Info(Dir, Path());
        bool repair = _from.Bool(), trustsSender = _from.Bool();
        if (_version >= WorkerProtocol.Framed)
        {
            Work(() =>
            {
                using var nar = new FramedReader(_from);
                return Draining(nar, () =>
                {
                    Add(info, nar, repair, trustsSender);
                    return true;
                });
            });
            return;
        }
        Work(() => Add(info, new PulledReader(_from, _to), repair, trustsSender));
    }

    private void AddMultipleToStore()
    {
        bool repair = _from.Bool(), trustsSender = _from.Bool();
        Work(() =>
        {
            using var all = new FramedReader(_from);
            return Draining(all, () =>
            {
                var from = new WireReader(all);
                for (ulong left = from.Number(); left > 0; left--)
                {
                    PathInfo info = from.Info(Dir, from.Path(Dir)) with { Ultimate = false };
                    var nar = new Watched(from);
                    Add(info, nar, repair, trustsSender);
                    // Where the path was valid already the store has left its contents to us.
                    if (!nar.Touched) NarReader.Read(from, new NarWriter(new CountingSink()));
                }
                return true;
            });
        });
    }

    private void Add(PathInfo info, Stream nar, bool repair, bool trustsSender)
    {
        if (!_services.Trusted) info = info with { Ultimate = false };
        if (!(trustsSender && _services.Trusted) && Store is ITrustPolicy policy && !policy.Accepts(info))
            throw new StoreException("cannot add path '" + Dir.Print(info.Path) + "' because it lacks a signature by a trusted key");
        Adder.AddNar(info, nar, repair);
    }

    private void RegisterRealisation()
    {
        Realisation realisation;
        if (_version >= WorkerProtocol.RealisationsAsJson)
        {
            realisation = Realisation.Parse(_from.Bytes(WireReader.MaxMessage));
        }
        else
        {
            DerivationOutputId id = DerivationOutputId.Parse(_from.Text());
            realisation = new Realisation { Id = id, OutPath = new StorePath(_from.Text()) };
        }
        Work(() =>
        {
            if (!_services.Trusted && !_services.Believes(realisation))
                throw new StoreException("cannot register realisation '" + realisation.Id + "' because it lacks a signature by a trusted key");
            Store.Require<IRealisations>("Realisations").RegisterRealisation(realisation);
        });
    }

    private void AddBuildLog()
    {
        StorePath derivation = new(_from.Text());
        Acknowledge(() =>
        {
            using var log = new FramedReader(_from);
            Draining(log, () =>
            {
                if (!_services.Trusted) throw new StoreException("you are not privileged to add logs");
                var whole = new ByteBuffer();
                Span<byte> piece = stackalloc byte[4096];
                for (int n; (n = log.Read(piece)) > 0;)
                {
                    whole.Write(piece[..n]);
                    if (whole.Length > WireReader.MaxContents) throw new ProtocolException("log is too long");
                }
                Store.Require<IBuildLogAdder>("Adding logs").AddLog(derivation, whole.Memory);
                return true;
            });
        });
    }

    /// <summary>Contents that the client sends piece by piece when it is asked to, as before protocol 1.23.</summary>
    private sealed class PulledReader(WireReader from, WireWriter to) : ForwardReader
    {
        private readonly byte[] _piece = new byte[32 * 1024];
        private int _next, _end;

        public override int Read(Span<byte> buffer)
        {
            if (buffer.IsEmpty) return 0;
            if (_next == _end)
            {
                to.Number((ulong)LogFrame.Read);
                to.Number((ulong)_piece.Length);
                to.Flush();
                _next = 0;
                _end = from.Bytes(_piece.AsSpan());
                if (_end == 0) return 0;
            }
            int n = Math.Min(buffer.Length, _end - _next);
            _piece.AsSpan(_next, n).CopyTo(buffer);
            _next += n;
            return n;
        }
    }

    /// <summary>Notices whether anybody read from it.</summary>
    private sealed class Watched(Stream from) : ForwardReader
    {
        public bool Touched { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            Touched = true;
            return from.Read(buffer);
        }
    }
}
