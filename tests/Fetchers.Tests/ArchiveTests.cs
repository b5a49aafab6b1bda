using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using Firn.Fetchers.Archives;
using Xunit;

namespace Firn.Fetchers.Tests;

public sealed class ArchiveTests : IDisposable
{
    private readonly string _top = Directory.CreateTempSubdirectory("firn-archive-").FullName;

    public void Dispose() => Directory.Delete(_top, recursive: true);

    private void Shell(string script)
    {
        using Process p = Process.Start(new ProcessStartInfo("bash", ["-euc", script]) { WorkingDirectory = _top })!;
        p.WaitForExit();
        Assert.Equal(0, p.ExitCode);
    }

    private string Output(string script)
    {
        using Process p = Process.Start(new ProcessStartInfo("bash", ["-euc", script]) { WorkingDirectory = _top, RedirectStandardOutput = true })!;
        string text = p.StandardOutput.ReadToEnd();
        p.WaitForExit();
        Assert.Equal(0, p.ExitCode);
        return text;
    }

    private long Unpack(string archive)
    {
        string target = Path.Combine(_top, "out");
        Directory.CreateDirectory(target);
        using FileStream file = File.OpenRead(Path.Combine(_top, archive));
        return Archive.Unpack(file, target);
    }

    private const string MakeTree = """
        umask 022
        mkdir -p in/d/e; echo a > in/f; chmod 755 in/f; echo b > in/d/g; ln -s ../f in/d/l; ln in/f in/h; chmod 4755 in/f; chmod 777 in/d/e
        long=$(printf 'x%.0s' $(seq 120)); mkdir -p in/$long/$long; echo c > in/$long/$long/$long; ln -s $long/$long in/longlink
        head -c 100000 /dev/urandom > in/big; touch in/ä; find in -exec touch -h -d @1600000000 {} +
        """;

    [Theory]
    [InlineData("tar --format=gnu -cf a in")]
    [InlineData("tar --format=pax -cf a in")]
    [InlineData("tar --format=posix --sort=name -cf a.raw in; xz < a.raw > a")]
    [InlineData("tar --format=gnu -czf a in")]
    [InlineData("tar --format=gnu -cjf a in")]
    [InlineData("tar --format=gnu --zstd -cf a in")]
    [InlineData("tar --format=gnu -cf a ./in")]
    [InlineData("zip -qry a.zip in; mv a.zip a")]
    public void Every_form_of_a_tree_comes_out_the_same(string pack)
    {
        Shell(MakeTree + "\n" + pack);
        long latest = Unpack("a");
        Assert.InRange(latest, 1600000000 - 86400, 1600000000 + 86400);
        Assert.Equal("", Output("diff -r --no-dereference in out/in"));
        Assert.Equal("755 644 755\n../f\n", Output("cd out/in; echo $(stat -c %a f d/g d/e); readlink d/l"));
    }

    [Theory]
    [InlineData("import tarfile,io\nt=tarfile.open('a','w')\ni=tarfile.TarInfo('../evil'); i.size=1; t.addfile(i,io.BytesIO(b'x')); t.close()", "leads outside")]
    [InlineData("import tarfile,io\nt=tarfile.open('a','w')\ni=tarfile.TarInfo('l'); i.type=tarfile.SYMTYPE; i.linkname='..'; t.addfile(i)\ni=tarfile.TarInfo('l/evil'); i.size=1; t.addfile(i,io.BytesIO(b'x')); t.close()", "which is not a directory")]
    [InlineData("import tarfile,io\nt=tarfile.open('a','w')\ni=tarfile.TarInfo('h'); i.type=tarfile.LNKTYPE; i.linkname='/etc/passwd'; t.addfile(i); t.close()", "is not a file before it")]
    [InlineData("import tarfile,io\nt=tarfile.open('a','w')\ni=tarfile.TarInfo('p'); i.type=tarfile.FIFOTYPE; t.addfile(i); t.close()", "cannot be unpacked")]
    [InlineData("import tarfile,io\nt=tarfile.open('a','w')\ni=tarfile.TarInfo('d'); i.type=tarfile.DIRTYPE; t.addfile(i)\ni=tarfile.TarInfo('d'); i.type=tarfile.SYMTYPE; i.linkname='/'; t.addfile(i); t.close()", "both as a directory")]
    [InlineData("open('a','wb').write(b'no archive at all'*100)", "Failed to open archive (Unrecognized archive format)")]
    [InlineData("import zipfile\nz=zipfile.ZipFile('a','w')\nz.writestr('../evil','x'); z.close()", "leads outside")]
    public void What_wants_to_escape_is_refused(string python, string message)
    {
        File.WriteAllText(Path.Combine(_top, "make.py"), python);
        Shell("python3 make.py");
        Assert.Contains(message, Assert.Throws<FetchException>(() => Unpack("a")).Message);
        Assert.False(File.Exists(Path.Combine(_top, "evil")));
    }

    [Fact]
    public void Absolute_names_stay_inside()
    {
        Shell("mkdir in; echo x > in/f; tar --transform 's,^in,/abs,' -P -cf a in");
        Unpack("a");
        Assert.Equal("x\n", File.ReadAllText(Path.Combine(_top, "out/abs/f")));
    }

    [Fact]
    public void A_debian_package_is_unpacked()
    {
        Shell(MakeTree + "\n" + """
            (cd in; tar --format=gnu -cJf ../data.tar.xz .); echo 2.0 > debian-binary; echo x > c; tar -czf control.tar.gz c
            python3 - <<'E'
            out = open('a.deb', 'wb'); out.write(b'!<arch>\n')
            for n in ('debian-binary', 'control.tar.gz', 'data.tar.xz'):
                d = open(n, 'rb').read()
                out.write(('%-16s%-12d%-6d%-6d%-8s%-10d`\n' % (n, 0, 0, 0, '100644', len(d))).encode() + d + b'\n' * (len(d) % 2))
            E
            mkdir out
            """);
        using FileStream deb = File.OpenRead(Path.Combine(_top, "a.deb"));
        Archive.UnpackDeb(deb, new TarExtractor(Path.Combine(_top, "out")));
        Assert.Equal("", Output("diff -r --no-dereference in out"));
        Assert.Equal("755", Output("stat -c %a out/f").Trim());
    }
}
