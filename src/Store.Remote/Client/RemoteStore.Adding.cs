using System;
using System.Collections.Generic;
using System.IO;
using Firn.Formats.Hashing;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Firn.Formats.StorePaths;
using Firn.Store.Remote.Wire;
using Firn.Store.Remote.Worker;

namespace Firn.Store.Remote.Client;

// Contents, and what is said of them.
public partial class RemoteStore
{
    // So many texts go at once; the other side holds descriptors for as many.
    private const int TextsAtATime = 256;

    public void AddNar(PathInfo info, Stream nar, bool repair = false) => AddNar(info, nar, repair, checkSignatures: false);

    public void AddNar(PathInfo info, Stream nar, bool repair, bool checkSignatures)
    {
        // Contents of what is there need not go over the wire.
        if (repair || !IsValid(info.Path)) Send(info, nar, repair, checkSignatures);
    }

    private void Send(PathInfo info, Stream nar, bool repair, bool checkSignatures) => Use(connection =>
    {
        WireWriter request = connection.Request(WorkerOperation.AddToStoreNar);
        request.Path(StoreDir, info.Path);
        request.Info(StoreDir, info);
        request.Bool(repair);
        request.Bool(!checkSignatures);
        if (connection.Version >= WorkerProtocol.Framed) connection.AwaitFramed(to => NarReader.Read(nar, new NarWriter(to)));
        else connection.AwaitPulled(nar);
        return true;
    });

    public StorePath AddText(string name, ReadOnlyMemory<byte> contents, IReadOnlyList<StorePath> references, bool repair = false) => Use(connection =>
    {
        if (connection.Version >= WorkerProtocol.AddFramed)
        {
            WireWriter add = connection.Request(WorkerOperation.AddToStore);
            add.Text(name);
            add.Text(ContentAddressMethod.Text.RenderWithAlgorithm(HashAlgorithm.Sha256));
            add.Paths(StoreDir, references);
            add.Bool(repair);
            WireReader answer = connection.AwaitFramed(to => to.Write(contents.Span));
            StorePath added = answer.Path(StoreDir);
            answer.Info(StoreDir, added);
            return added;
        }
        if (repair) throw new StoreException("repairing is not supported when building through the Nix daemon protocol < 1.25");
        WireWriter request = connection.Request(WorkerOperation.AddTextToStore);
        request.Text(name);
        request.Bytes(contents.Span);
        request.Paths(StoreDir, references);
        return connection.Await(null).Path(StoreDir);
    });

    public void AddTexts(IReadOnlyList<TextObject> texts)
    {
        foreach (TextObject[] batch in System.Linq.Enumerable.Chunk(texts, TextsAtATime))
        {
            // Some servers stumble over contents of what they have already.
            IReadOnlySet<StorePath> valid = FilterValid(Array.ConvertAll(batch, text => text.Path));
            TextObject[] missing = Array.FindAll(batch, text => !valid.Contains(text.Path));
            bool done = missing.Length == 0 || Use(connection =>
            {
                if (missing.Length < 2 || connection.Version < WorkerProtocol.AddMultiple) return false;
                WireWriter request = connection.Request(WorkerOperation.AddMultipleToStore);
                request.Bool(false);
                request.Bool(false);
                connection.AwaitFramed(to => Write(missing, to));
                return true;
            });
            if (done) continue;
            foreach (TextObject text in missing) AddText(text.Path.Name, text.Contents, text.References);
        }
    }

    private void Write(TextObject[] texts, IByteSink to)
    {
        using var stream = new SinkStream(to);
        var writer = new WireWriter(stream);
        writer.Number((ulong)texts.Length);
        foreach (TextObject text in texts)
        {
            writer.Path(StoreDir, text.Path);
            writer.Info(StoreDir, new PathInfo
            {
                Path = text.Path,
                NarHash = NarWriter.HashFile(text.Contents.Span),
                NarSize = (ulong)NarFormat.SizeOfFile(text.Contents.Length),
                References = text.References,
                ContentAddress = new ContentAddress(ContentAddressMethod.Text, Hash.Sha256(text.Contents.Span)),
            });
            NarWriter.WriteFile(text.Contents.Span, false, writer);
        }
        writer.Flush();
    }

    public void AddSignatures(StorePath path, IReadOnlyCollection<string> signatures) => Use(connection =>
    {
        WireWriter request = connection.Request(WorkerOperation.AddSignatures);
        request.Path(StoreDir, path);
        request.Texts(signatures);
        return connection.Await(null).Number();
    });

    public void AddLog(StorePath derivation, ReadOnlyMemory<byte> log) => Use(connection =>
    {
        connection.Request(WorkerOperation.AddBuildLog).Text(derivation.BaseName);
        return connection.AwaitFramed(to => to.Write(log.Span)).Number();
    });

    private sealed class SinkStream(IByteSink to) : ForwardWriter
    {
        public override void Write(ReadOnlySpan<byte> buffer) => to.Write(buffer);
    }
}
