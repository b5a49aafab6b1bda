using System.Runtime.InteropServices;

namespace Firn.Formats.Hashing;

/// <summary>
/// The low-level digests of libcrypto. Unlike its EVP layer they need no start-up of the library (about 5 ms), and they
/// use the processor's SHA instructions. Every function returns 1; none can fail on a valid context.
/// </summary>
/// <remarks>SHA256_Init(3), MD5_Init(3)</remarks>
internal static unsafe partial class LibCrypto
{
    /// <summary>The largest context, SHA512_CTX, is 216 bytes; all are aligned to 8.</summary>
    internal const int ContextSize = 224;

    private const string Library = "libcrypto";

    [LibraryImport(Library)]
    internal static partial int MD5_Init(void* context);

    [LibraryImport(Library)]
    internal static partial int MD5_Update(void* context, byte* data, nuint length);

    [LibraryImport(Library)]
    internal static partial int MD5_Final(byte* digest, void* context);

    [LibraryImport(Library)]
    internal static partial int SHA1_Init(void* context);

    [LibraryImport(Library)]
    internal static partial int SHA1_Update(void* context, byte* data, nuint length);

    [LibraryImport(Library)]
    internal static partial int SHA1_Final(byte* digest, void* context);

    [LibraryImport(Library)]
    internal static partial int SHA256_Init(void* context);

    [LibraryImport(Library)]
    internal static partial int SHA256_Update(void* context, byte* data, nuint length);

    [LibraryImport(Library)]
    internal static partial int SHA256_Final(byte* digest, void* context);

    [LibraryImport(Library)]
    internal static partial int SHA512_Init(void* context);

    [LibraryImport(Library)]
    internal static partial int SHA512_Update(void* context, byte* data, nuint length);

    [LibraryImport(Library)]
    internal static partial int SHA512_Final(byte* digest, void* context);
}
