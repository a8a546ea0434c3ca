namespace OAuthClient.Testing;

/// <summary>A client registered at a <see cref="TestAuthorizationServer"/> (RFC 6749 §2).</summary>
public sealed class TestClient
{
    /// <summary>The client identifier (RFC 6749 §2.2).</summary>
    public required string ClientId { get; init; }

    /// <summary>The client secret; <see langword="null"/> makes the client public (RFC 6749 §2.1).</summary>
    public string? ClientSecret { get; init; }

    /// <summary>What the consent page calls the client; its identifier when <see langword="null"/>.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The redirect URIs it may use: absolute, without fragment, compared character by character (RFC 6749 §3.1.2, RFC 9700 §4.1.3).</summary>
    public IList<string> RedirectUris { get; init; } = [];

    /// <summary>Lets a registered redirect URI on 127.0.0.1 or [::1] be used with any port, as native apps need (RFC 8252 §7.3). Off by default.</summary>
    public bool AllowAnyLoopbackPort { get; init; }

    /// <summary>
    /// The one authentication method it registered: <c>client_secret_basic</c>, <c>client_secret_post</c> or <c>none</c>.
    /// <see langword="null"/>: either of the first two for a client with a secret, <c>none</c> for one without.
    /// </summary>
    public string? AuthenticationMethod { get; init; }

    /// <summary>The scopes it may ask for; <see langword="null"/> for all of <see cref="TestAuthorizationServerOptions.ScopesSupported"/>.</summary>
    public ISet<string>? AllowedScopes { get; init; }

    /// <summary>The grant types it may use, as sent in <c>grant_type</c>; <see langword="null"/> for all (a public client never gets <c>client_credentials</c>).</summary>
    public ISet<string>? AllowedGrantTypes { get; init; }

    /// <summary>Whether the user is asked for consent; a consent is remembered for as long as the browser stays signed in. On by default.</summary>
    public bool RequireConsent { get; init; } = true;

    internal bool IsPublic => ClientSecret is null;

    internal bool MayUse(string grantType) => AllowedGrantTypes?.Contains(grantType) ?? true;

    internal bool MayRedirectTo(string redirectUri) =>
        RedirectUris.Contains(redirectUri)
        || (AllowAnyLoopbackPort && WithoutLoopbackPort(redirectUri) is { } portless && RedirectUris.Any(known => WithoutLoopbackPort(known) == portless));

    /// <summary>What contradicts itself in this registration, as a sentence that says what to write instead; null when it is sound.</summary>
    internal string? Problem()
    {
        if (ClientId is "")
            return "A client needs a ClientId.";
        if (AuthenticationMethod is not (null or "client_secret_basic" or "client_secret_post" or "none"))
            return $"Client '{ClientId}': AuthenticationMethod must be client_secret_basic, client_secret_post, none or null, not '{AuthenticationMethod}'.";
        if (AuthenticationMethod is not null && AuthenticationMethod is "none" != IsPublic)
            return $"Client '{ClientId}': AuthenticationMethod none goes with a null ClientSecret, the others with a secret.";
        return RedirectUris.FirstOrDefault(uri => !Uri.TryCreate(uri, UriKind.Absolute, out _) || uri.Contains('#', StringComparison.Ordinal)) is { } bad
            ? $"Client '{ClientId}': the redirect URI '{bad}' must be absolute and have no fragment (RFC 6749 §3.1.2)."
            : null;
    }

    private static string? WithoutLoopbackPort(string redirectUri) =>
        Uri.TryCreate(redirectUri, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttp && uri.Host is "127.0.0.1" or "[::1]" && uri.UserInfo is ""
            ? uri.Host + uri.PathAndQuery + uri.Fragment
            : null;
}
