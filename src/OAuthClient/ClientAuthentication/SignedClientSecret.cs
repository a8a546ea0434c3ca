namespace OAuthClient;

/// <summary>Creates client secrets that are JWTs which a key of the application's signs.</summary>
internal static class SignedClientSecret
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>Creates a secret.</summary>
    public static async ValueTask<ClientSecret> CreateAsync(
        ISigner signer,
        string issuer,
        string clientId,
        string audience,
        DateTimeOffset now,
        CancellationToken cancellationToken
    ) =>
        new(
            await JwtWriter
                .SignAsync(
                    signer,
                    type: null,
                    claims =>
                    {
                        claims.WriteString("iss", issuer);
                        claims.WriteString("sub", clientId);
                        claims.WriteString("aud", audience);
                        claims.WriteNumber("iat", now.ToUnixTimeSeconds());
                        claims.WriteNumber("exp", (now + Lifetime).ToUnixTimeSeconds());
                    },
                    cancellationToken
                )
                .ConfigureAwait(false)
        );
}
