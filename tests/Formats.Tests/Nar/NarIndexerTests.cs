using System;
using System.IO;
using System.Text;
using Firn.Formats.Json;
using Firn.Formats.Nar;
using Firn.Formats.Sinks;
using Xunit;

namespace Firn.Formats.Tests.Nar;

public class NarIndexerTests
{
    private static byte[] Tree()
    {
        ByteBuffer nar = new();
        NarWriter writer = new(nar);
        writer.BeginDirectory();
        writer.Entry("a"u8);
        File(writer, "first", executable: true);
        writer.Entry("d"u8);
        writer.BeginDirectory();
        writer.Entry("e"u8);
        writer.BeginDirectory();
        writer.EndDirectory();
        writer.Entry("f"u8);
        File(writer, "", executable: false);
        writer.EndDirectory();
        writer.Entry("l"u8);
        writer.Symlink("to/elsewhere"u8);
        writer.Entry("z\xff"u8);
        File(writer, "last of all", executable: false);
        writer.EndDirectory();
        return nar.ToArray();
    }

    private static void File(NarWriter writer, string text, bool executable)
    {
        writer.BeginRegular(executable, text.Length);
        writer.Contents(Encoding.ASCII.GetBytes(text));
        writer.EndRegular();
    }

    [Fact]
    public void OffsetsLeadToContents()
    {
        byte[] nar = Tree();
        NarNode root = NarIndexer.Read(new MemoryStream(nar));
        NarFacts first = root.Entry("a"u8)!.Facts, last = root.Entries[^1].Value.Facts;
        Assert.True(first.Executable);
        Assert.Equal("first", Encoding.ASCII.GetString(nar.AsSpan((int)first.Offset, (int)first.Size)));
        Assert.Equal("last of all", Encoding.ASCII.GetString(nar.AsSpan((int)last.Offset, (int)last.Size)));
        Assert.Equal(NarKind.Directory, root.Entry("d"u8)!.Entry("e"u8)!.Facts.Kind);
        Assert.Null(root.Entry("b"u8));
        Assert.Null(root.Entry("a"u8)!.Entry("x"u8));
        Assert.Equal("to/elsewhere", Encoding.ASCII.GetString(root.Entry("l"u8)!.Facts.Target.Span));
    }

    [Fact]
    public void OffsetOfSingleFileIsThatOfItsOnlyContents()
    {
        ByteBuffer nar = new();
        NarWriter.WriteFile("x"u8, false, nar);
        Assert.Equal(96, NarIndexer.Read(new MemoryStream(nar.ToArray())).Facts.Offset);
    }

    [Fact]
    public void ListingIsJson()
    {
        ByteBuffer nar = new();
        NarWriter writer = new(nar);
        writer.BeginDirectory();
        writer.Entry("f"u8);
        File(writer, "abc", executable: true);
        writer.Entry("l"u8);
        writer.Symlink("f"u8);
        writer.EndDirectory();
        NarNode root = NarIndexer.Read(new MemoryStream(nar.ToArray()));
        Assert.Equal(
            """{"root":{"entries":{"f":{"executable":true,"narOffset":264,"size":3,"type":"regular"},"l":{"target":"f","type":"symlink"}},"type":"directory"},"version":1}""",
            Encoding.UTF8.GetString(NarListing.ToListingFile(root)));
        ByteBuffer shallow = new();
        NarListing.Write(new JsonTextWriter(shallow), root, recursive: false);
        Assert.Equal("""{"entries":{"f":{},"l":{}},"type":"directory"}""", Encoding.UTF8.GetString(shallow.Span));
    }
}
