using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OAuthClient;

/// <summary>
/// Validates server certificates against private certificate authorities in addition to those of the system. Name, validity period and
/// purpose are validated as always.
/// </summary>
internal sealed class CertificateAuthorityValidator
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    // Replaced and never changed, because another connection may be validated meanwhile.
    private volatile X509Certificate2Collection authorities;

    private CertificateAuthorityValidator(X509Certificate2Collection authorities) => this.authorities = authorities;

    /// <summary>Loads the certificates of a PEM file.</summary>
    /// <exception cref="ArgumentException">The file contains no certificate, or a malformed one.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static X509Certificate2Collection Load(string pemFile)
    {
        X509Certificate2Collection loaded = [];
        try
        {
            loaded.ImportFromPemFile(pemFile);
        }
        catch (CryptographicException exception)
        {
            throw new ArgumentException($"The file '{pemFile}' holds a malformed certificate.", nameof(pemFile), exception);
        }
        return loaded.Count > 0
            ? loaded
            : throw new ArgumentException(
                $"The file '{pemFile}' holds no certificate in PEM format (-----BEGIN CERTIFICATE-----).",
                nameof(pemFile)
            );
    }

    /// <summary>
    /// Configures the innermost of a chain of handlers to trust the authorities. A handler of another kind is not changed.
    /// </summary>
    /// <exception cref="InvalidOperationException">The handler has a validation of its own.</exception>
    public static void Configure(HttpMessageHandler handler, X509Certificate2Collection authorities)
    {
        while (handler is DelegatingHandler { InnerHandler: { } inner })
            handler = inner;
#pragma warning disable MA0039 // It validates all that the system does, with further roots.
        if (handler is SocketsHttpHandler sockets)
        {
            if (AddTo(sockets.SslOptions.RemoteCertificateValidationCallback, authorities) is { } added)
                sockets.SslOptions.RemoteCertificateValidationCallback = added.Validate;
        }
        else if (handler is HttpClientHandler client)
        {
            if (AddTo(client.ServerCertificateCustomValidationCallback, authorities) is { } added)
                client.ServerCertificateCustomValidationCallback = added.Validate;
        }
#pragma warning restore MA0039
    }

    // A handler that several clients share is configured once for each of them.
    private static CertificateAuthorityValidator? AddTo(Delegate? existing, X509Certificate2Collection authorities)
    {
        if (existing is null)
            return new([.. authorities]);
        if (existing.Target is not CertificateAuthorityValidator own)
            throw new InvalidOperationException(
                "TrustCertificateAuthority cannot be combined with a callback that validates the server's certificate in the primary "
                    + "handler. Remove one of the two."
            );
        own.authorities = [.. own.authorities.Union(authorities)];
        return null;
    }

    private bool Validate(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (errors == SslPolicyErrors.None)
            return true;
        // An exception, because the network replaces the reason of a rejection by a general text.
        if (certificate is null || errors != SslPolicyErrors.RemoteCertificateChainErrors)
            throw new AuthenticationException($"The server's certificate was rejected: {errors}.");
        using X509Chain own = new();
        own.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        own.ChainPolicy.CustomTrustStore.AddRange(authorities);
        // What the application configured for the connection.
        own.ChainPolicy.RevocationMode = chain?.ChainPolicy.RevocationMode ?? X509RevocationMode.NoCheck;
        own.ChainPolicy.RevocationFlag = chain?.ChainPolicy.RevocationFlag ?? X509RevocationFlag.ExcludeRoot;
        own.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (chain is not null)
        {
            own.ChainPolicy.ExtraStore.AddRange(chain.ChainPolicy.ExtraStore);
            foreach (var element in chain.ChainElements)
                own.ChainPolicy.ExtraStore.Add(element.Certificate);
        }
        using X509Certificate2 server = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        if (own.Build(server))
            return true;
        string reasons = string.Join(", ", own.ChainStatus.Select(status => status.Status).Distinct());
        throw new AuthenticationException(
            $"The server's certificate is trusted neither by this system nor by TrustCertificateAuthority: {reasons}."
        );
    }
}
