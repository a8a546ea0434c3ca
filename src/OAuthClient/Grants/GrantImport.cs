using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>The tokens of a grant that another program obtained, for <see cref="OAuthClientGrants.ImportGrantAsync"/>.</summary>
[DebuggerDisplay("Grant import")]
[JsonConverter(typeof(NonSerializableJsonConverter<GrantImport>))]
public sealed class GrantImport
{
    /// <summary>Initializes a new instance.</summary>
    /// <param name="refreshToken">The refresh token, which the server issued to this client.</param>
    /// <exception cref="ArgumentException">The refresh token is empty.</exception>
    public GrantImport(string refreshToken) => RefreshToken = new(refreshToken);

    /// <summary>Gets the refresh token.</summary>
    public RefreshToken RefreshToken { get; }

    /// <summary>
    /// Gets or sets the scopes that were granted. The default is <see langword="null"/>: <see cref="OAuthClientOptions.Scopes"/>.
    /// </summary>
    public IReadOnlyCollection<string>? Scopes { get; init; }

    /// <summary>
    /// Gets or sets the protected resources that the grant was requested for (RFC 8707). The default is <see langword="null"/>:
    /// <see cref="OAuthClientOptions.Resources"/>.
    /// </summary>
    public IReadOnlyCollection<Uri>? Resources { get; init; }

    /// <summary>
    /// Gets or sets the user's identifier at the server, the <c>sub</c> of the ID Token. An ID Token or UserInfo response of another user
    /// is then refused, and a later grant for the same user replaces this one. The default is <see langword="null"/>: it is not known, and
    /// no import replaces another one.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>Gets the access token; <see langword="null"/> if the first use requests one.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? AccessToken { get; private set; }

    /// <summary>Gets the time at which the access token expires; <see langword="null"/> if it is not known.</summary>
    internal DateTimeOffset? AccessTokenExpiresAt { get; private set; }

    /// <summary>Adds the access token, so that the first use need not request one.</summary>
    /// <param name="accessToken">The access token.</param>
    /// <param name="expiresAt">
    /// The time at which it expires; <see langword="null"/> if it is not known: <see cref="OAuthClientOptions.DefaultAccessTokenLifetime"/>
    /// from the import then applies.
    /// </param>
    /// <returns>This instance.</returns>
    /// <exception cref="ArgumentException">The access token is empty.</exception>
    public GrantImport WithAccessToken(string accessToken, DateTimeOffset? expiresAt)
    {
        ArgumentException.ThrowIfNullOrEmpty(accessToken);
        (AccessToken, AccessTokenExpiresAt) = (accessToken, expiresAt);
        return this;
    }

    /// <summary>Returns a text that contains no token.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => "Grant import";
}
