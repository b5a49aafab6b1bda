using System.Text;
using Firn.Formats.Git;
using Firn.Formats.Hashing;
using Xunit;

namespace Firn.Formats.Tests.Git;

public class GitTreeHasherTests
{
    private static void File(GitTreeHasher hasher, string text, bool executable)
    {
        hasher.BeginRegular(executable, text.Length);
        hasher.Contents(Encoding.ASCII.GetBytes(text));
        hasher.EndRegular();
    }

    // Expected values are those of "git hash-object" and "git write-tree".
    [Theory]
    [InlineData(HashAlgorithm.Sha1, "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391")]
    [InlineData(HashAlgorithm.Sha1, "what is up, doc?", "bd9dbf5aae1a3862dd1526723246b20206e5fc37")]
    [InlineData(HashAlgorithm.Sha256, "", "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813")]
    public void FileIsABlob(HashAlgorithm algorithm, string text, string expected)
    {
        GitTreeHasher hasher = new(algorithm);
        File(hasher, text, executable: true);
        Assert.Equal(expected, hasher.Finish().ToString(HashFormat.Base16, false));
    }

    [Fact]
    public void EmptyDirectoryIsTheEmptyTree()
    {
        GitTreeHasher hasher = new(HashAlgorithm.Sha1);
        hasher.BeginDirectory();
        hasher.EndDirectory();
        Assert.Equal("4b825dc642cb6eb9a060e54bf8d69288fbee4904", hasher.Finish().ToString(HashFormat.Base16, false));
    }

    [Fact]
    public void DirectoriesAreSortedAsIfASlashFollowed()
    {
        GitTreeHasher hasher = new(HashAlgorithm.Sha1);
        hasher.BeginDirectory();
        hasher.Entry("a"u8);
        hasher.BeginDirectory();
        hasher.Entry("l"u8);
        hasher.Symlink("../x"u8);
        hasher.EndDirectory();
        hasher.Entry("a.b"u8);
        File(hasher, "one", executable: false);
        hasher.Entry("a0"u8);
        File(hasher, "two", executable: true);
        hasher.EndDirectory();
        Assert.Equal(TreeOfGit, hasher.Finish().ToString(HashFormat.Base16, false));
    }

    private const string TreeOfGit = "7769d1acc67be208ee526f846e233baa3fadfb29";

    [Fact]
    public void OtherAlgorithmsAreRefused() => Assert.Throws<FormatsException>(() => new GitTreeHasher(HashAlgorithm.Md5));
}
