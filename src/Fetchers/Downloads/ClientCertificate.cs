using System;
using System.IO;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Firn.Fetchers.Downloads;

/// <summary>What proves to one server who asks.</summary>
/// <param name="Host">The name of the server; no other is shown it.</param>
/// <param name="CertificateFile">PEM; holds the key too where there is no other file.</param>
/// <param name="KeyFile">PEM, or null.</param>
public sealed record ClientCertificate(string Host, string CertificateFile, string? KeyFile)
{
    /// <exception cref="FetchException">The files cannot be read.</exception>
    internal X509Certificate2 Load()
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new FetchException($"cannot use the TLS client certificate '{CertificateFile}': {(e is CryptographicException ? "it or its key is not in PEM form" : FileFailure.Reason(e))}", e);
        }
    }
}
