using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Firn.Formats.Sinks;

namespace Firn.Formats.Hashing;

/// <summary>Hashes a stream of bytes. Not safe for several threads; <see cref="Finish"/> ends it.</summary>
public sealed unsafe class Hasher : IByteSink
{
    private readonly Blake3State? _blake3;
    private Context _context;
    private bool _finished;

    public Hasher(HashAlgorithm algorithm)
    {
        Algorithm = algorithm;
        fixed (Context* context = &_context)
        {
            switch (algorithm)
            {
                case HashAlgorithm.Md5:
                    LibCrypto.MD5_Init(context);
                    break;
                case HashAlgorithm.Sha1:
                    LibCrypto.SHA1_Init(context);
                    break;
                case HashAlgorithm.Sha256:
                    LibCrypto.SHA256_Init(context);
                    break;
                case HashAlgorithm.Sha512:
                    LibCrypto.SHA512_Init(context);
                    break;
                case HashAlgorithm.Blake3:
                    _blake3 = new Blake3State();
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(algorithm));
            }
        }
    }

    public HashAlgorithm Algorithm { get; }

    /// <summary>Bytes hashed so far.</summary>
    public ulong Count { get; private set; }

    /// <exception cref="InvalidOperationException">After <see cref="Finish"/>.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        Count += (ulong)data.Length;
        nuint length = (nuint)data.Length;
        fixed (Context* context = &_context)
        fixed (byte* bytes = data)
        {
            switch (Algorithm)
            {
                case HashAlgorithm.Md5:
                    LibCrypto.MD5_Update(context, bytes, length);
                    break;
                case HashAlgorithm.Sha1:
                    LibCrypto.SHA1_Update(context, bytes, length);
                    break;
                case HashAlgorithm.Sha256:
                    LibCrypto.SHA256_Update(context, bytes, length);
                    break;
                case HashAlgorithm.Sha512:
                    LibCrypto.SHA512_Update(context, bytes, length);
                    break;
                case HashAlgorithm.Blake3:
                    _blake3!.Update(data);
                    break;
            }
        }
    }

    /// <summary>The hash of everything written.</summary>
    /// <exception cref="InvalidOperationException">The second time.</exception>
    public Hash Finish()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        _finished = true;
        Span<byte> digest = stackalloc byte[Hash.MaxSize];
        fixed (Context* context = &_context)
        fixed (byte* bytes = digest)
        {
            switch (Algorithm)
            {
                case HashAlgorithm.Md5:
                    LibCrypto.MD5_Final(bytes, context);
                    break;
                case HashAlgorithm.Sha1:
                    LibCrypto.SHA1_Final(bytes, context);
                    break;
                case HashAlgorithm.Sha256:
                    LibCrypto.SHA256_Final(bytes, context);
                    break;
                case HashAlgorithm.Sha512:
                    LibCrypto.SHA512_Final(bytes, context);
                    break;
                case HashAlgorithm.Blake3:
                    _blake3!.Finish(digest[..32]);
                    break;
            }
        }

        return new Hash(Algorithm, digest[..Algorithm.Size()]);
    }

    [StructLayout(LayoutKind.Sequential)]
    [InlineArray(LibCrypto.ContextSize / 8)]
    private struct Context
    {
        private ulong _first;
    }
}
