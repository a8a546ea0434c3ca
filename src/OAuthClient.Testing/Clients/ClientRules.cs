using System.Text;

namespace OAuthClient.Testing;

/// <summary>Validates the properties of a client. Each message states what to change.</summary>
internal static class ClientRules
{
    // RFC 7518 §3.2: the key is at least as long as the hash.
    private const int MinimumHmacKeyLength = 32;

    public static IReadOnlyList<string> AuthenticationMethods { get; } =
    [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "client_secret_jwt",
        "none",
        "tls_client_auth",
        "self_signed_tls_client_auth",
    ];

    /// <summary>Returns the first problem, or null if the properties are valid.</summary>
    public static string? Problem(TestClient client, TestAuthorizationServerOptions options)
    {
        if (client.ClientId is "")
            return "ClientId must not be empty.";
        return Problems(client, SignatureAlgorithm.All(options.Ed25519)).FirstOrDefault() is { } problem
            ? $"Client '{client.ClientId}': {problem}"
            : null;
    }

    private static IEnumerable<string> Problems(TestClient client, IReadOnlyList<string> algorithms)
    {
        if (client.AuthenticationMethod is not null && !AuthenticationMethods.Contains(client.AuthenticationMethod))
            yield return $"AuthenticationMethod must be one of {string.Join(", ", AuthenticationMethods)} or null, "
                + $"not '{client.AuthenticationMethod}'.";
        else if (client.AuthenticationMethod is not null && client.AuthenticationMethod is "none" != client.IsPublic)
            yield return "AuthenticationMethod none requires ClientSecret to be null; the client_secret methods require a ClientSecret.";
        if (client.AuthenticationMethod is "private_key_jwt" && client.PublicKeys is null)
            yield return "AuthenticationMethod private_key_jwt requires PublicKeys.";
        if (
            client.AuthenticationMethod is "client_secret_jwt"
            && Encoding.UTF8.GetByteCount(client.ClientSecret ?? "") < MinimumHmacKeyLength
        )
            yield return $"AuthenticationMethod client_secret_jwt requires a ClientSecret of at least {MinimumHmacKeyLength} bytes.";
        if (client.AuthenticationMethod is "tls_client_auth" && client.CertificateSubject is null)
            yield return "AuthenticationMethod tls_client_auth requires a CertificateSubject.";
        if (
            client.AuthenticationMethod is "self_signed_tls_client_auth"
            && client.Certificate is null
            && !CertificateAuthentication.HasCertificate(client.PublicKeys)
        )
            yield return "AuthenticationMethod self_signed_tls_client_auth requires a Certificate, or PublicKeys with x5c.";
        if (client is { RequireDPoP: true, RequireCertificateBoundTokens: true })
            yield return "RequireDPoP and RequireCertificateBoundTokens exclude each other; a token is bound to a key or to a certificate.";
        if (client.RedirectUris.FirstOrDefault(uri => !IsAbsoluteWithoutFragment(uri)) is { } invalidRedirectUri)
            yield return $"the redirect URI '{invalidRedirectUri}' must be absolute and have no fragment (RFC 6749 §3.1.2).";
        if (client.PostLogoutRedirectUris.FirstOrDefault(uri => !IsAbsoluteWithoutFragment(uri)) is { } invalidPostLogoutUri)
            yield return $"the post-logout redirect URI '{invalidPostLogoutUri}' must be absolute and have no fragment.";
        if (
            new[] { client.BackChannelLogoutUri, client.FrontChannelLogoutUri, client.InitiateLoginUri }
                .OfType<Uri>()
                .FirstOrDefault(uri => !IsHttpUri(uri)) is
            { } invalidUri
        )
            yield return $"the logout or login URI '{invalidUri}' must be http or https and have no fragment.";
        foreach (string problem in Signing(client, algorithms).Concat(Encryption(client)))
            yield return problem;
    }

    private static IEnumerable<string> Signing(TestClient client, IReadOnlyList<string> algorithms)
    {
        (string Name, string? Algorithm)[] signed =
        [
            (nameof(client.IdTokenSigningAlgorithm), client.IdTokenSigningAlgorithm),
            (nameof(client.UserInfoSigningAlgorithm), client.UserInfoSigningAlgorithm),
            (nameof(client.IntrospectionSigningAlgorithm), client.IntrospectionSigningAlgorithm),
            (nameof(client.AuthorizationResponseSigningAlgorithm), client.AuthorizationResponseSigningAlgorithm),
        ];
        foreach ((string name, string? algorithm) in signed)
        {
            if (algorithm is not null && !algorithms.Contains(algorithm))
                yield return $"{name} must be one of {string.Join(", ", algorithms)} or null, not '{algorithm}'.";
            else if (
                algorithm is SignatureAlgorithm.Hmac
                && (client.ClientSecret is null || Encoding.UTF8.GetByteCount(client.ClientSecret) < MinimumHmacKeyLength)
            )
                yield return $"{name} HS256 requires a ClientSecret of at least {MinimumHmacKeyLength} bytes (RFC 7518 §3.2).";
        }
    }

    private static IEnumerable<string> Encryption(TestClient client)
    {
        (string Name, string? Algorithm, string? ContentAlgorithm)[] encrypted =
        [
            ("IdToken", client.IdTokenEncryptionAlgorithm, client.IdTokenContentEncryptionAlgorithm),
            ("UserInfo", client.UserInfoEncryptionAlgorithm, client.UserInfoContentEncryptionAlgorithm),
            ("Introspection", client.IntrospectionEncryptionAlgorithm, client.IntrospectionContentEncryptionAlgorithm),
        ];
        foreach ((string name, string? algorithm, string? contentAlgorithm) in encrypted)
        {
            if (contentAlgorithm is not null && algorithm is null)
                yield return $"{name}ContentEncryptionAlgorithm requires an {name}EncryptionAlgorithm.";
            if (contentAlgorithm is not null && !JsonWebEncryption.ContentAlgorithms.Contains(contentAlgorithm))
                yield return $"{name}ContentEncryptionAlgorithm must be one of {string.Join(", ", JsonWebEncryption.ContentAlgorithms)} "
                    + $"or null, not '{contentAlgorithm}'.";
            if (algorithm is null)
                continue;
            if (!JsonWebEncryption.KeyAlgorithms.Contains(algorithm))
                yield return $"{name}EncryptionAlgorithm must be one of {string.Join(", ", JsonWebEncryption.KeyAlgorithms)} "
                    + $"or null, not '{algorithm}'.";
            else if (!JsonWebEncryption.CanEncrypt(client.PublicKeys, algorithm))
                yield return $"{name}EncryptionAlgorithm {algorithm} requires a valid encryption key in PublicKeys.";
        }
    }

    private static bool IsHttpUri(Uri uri) => uri is { IsAbsoluteUri: true, Scheme: "http" or "https", Fragment: "" };

    private static bool IsAbsoluteWithoutFragment(string uri) =>
        Uri.TryCreate(uri, UriKind.Absolute, out _) && !uri.Contains('#', StringComparison.Ordinal);
}
