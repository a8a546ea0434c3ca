using System.Globalization;

namespace OAuthClient;

/// <summary>Signs proofs with one key. The header of its proofs is encoded once, because it depends on the key alone.</summary>
internal sealed class DPoPSigner
{
    private readonly ISigner signer;
    private readonly byte[] header;

    /// <exception cref="FormatException">The public key of the signer is not a JWK, or its algorithm is not asymmetric.</exception>
    public DPoPSigner(ISigner signer)
    {
        string publicJwk = PublicJwk.WithRequiredMembers(signer.PublicJwk);
        this.signer = signer;
        Thumbprint = PrivateKeyParser.Thumbprint(publicJwk);
        header = JwtWriter.EncodeHeader(signer.Algorithm, "dpop+jwt", publicJwk);
    }

    /// <summary>Gets the thumbprint of the public key (RFC 7638).</summary>
    public string Thumbprint { get; }

    /// <summary>Gets the signature algorithm.</summary>
    public string Algorithm => signer.Algorithm;

    /// <summary>Creates the proof of possession for one request (RFC 9449 §4.2).</summary>
    /// <param name="method">The method of the request.</param>
    /// <param name="address">The address of the request.</param>
    /// <param name="tokenHash">The hash of the access token; <see langword="null"/> without one.</param>
    /// <param name="nonce">The nonce of the server; <see langword="null"/> without one.</param>
    /// <param name="now">The current time.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The JWT in compact form.</returns>
    public ValueTask<string> CreateProofAsync(
        HttpMethod method,
        Uri address,
        string? tokenHash,
        string? nonce,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        JwtWriter.SignWithHeaderAsync(
            signer,
            header,
            claims =>
            {
                claims.WriteString("jti", SecureRandomString.Create());
                // As .NET sends it: a known method in upper case, any other unchanged.
                claims.WriteString("htm", HttpMethod.Parse(method.Method).Method);
                claims.WriteString("htu", TargetOf(address));
                claims.WriteNumber("iat", now.ToUnixTimeSeconds());
                if (tokenHash is not null)
                    claims.WriteString("ath", tokenHash);
                if (nonce is not null)
                    claims.WriteString("nonce", nonce);
            },
            cancellationToken
        );

    /// <summary>Returns the address without query and fragment (<c>htu</c>, RFC 9449 §4.2), as the request states it.</summary>
    internal static string TargetOf(Uri address)
    {
        // The opening request of a WebSocket is an HTTP request (RFC 6455 §4.1).
        string scheme = address.Scheme switch
        {
            "ws" => Uri.UriSchemeHttp,
            "wss" => Uri.UriSchemeHttps,
            var other => other,
        };
        string host = address.HostNameType == UriHostNameType.IPv6 ? address.Host : address.IdnHost;
        string port = address.IsDefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{address.Port}");
        return $"{scheme}{Uri.SchemeDelimiter}{host}{port}{address.AbsolutePath}";
    }
}
