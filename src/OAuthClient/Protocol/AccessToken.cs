using System.Buffers.Text;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>An access token (RFC 6749 §1.4) with its lifetime, scopes and resources.</summary>
[DebuggerDisplay(Redacted)]
[JsonConverter(typeof(NonSerializableJsonConverter<AccessToken>))]
public sealed class AccessToken : Secret
{
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? authorizationHeader;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private string? hash;

    internal AccessToken(
        string value,
        DateTimeOffset issuedAt,
        DateTimeOffset? expiresAt,
        IReadOnlyList<string> scopes,
        IReadOnlyList<string> resources
    )
        : base(Checked(value))
    {
        IssuedAt = issuedAt;
        ExpiresAt = expiresAt;
        Scopes = scopes;
        Resources = resources;
    }

    /// <summary>
    /// Gets the authentication scheme of the token: <c>Bearer</c> (RFC 6750), or <c>DPoP</c> for a token that is bound to a key (RFC 9449).
    /// </summary>
    public string TokenType => Scheme.Name;

    /// <summary>
    /// Gets the thumbprint of the key that the token is bound to (<c>jkt</c>, RFC 9449 §6); <see langword="null"/> for a bearer token.
    /// </summary>
    public string? KeyThumbprint => Key?.Thumbprint;

    /// <summary>
    /// Gets the time at which the token was requested. The lifetime is counted from this time, so it never ends later than at the server.
    /// </summary>
    public DateTimeOffset IssuedAt { get; }

    /// <summary>
    /// Gets the time at which the token expires; <see langword="null"/> if the response has no <c>expires_in</c>, which RFC 6749 §5.1
    /// recommends.
    /// </summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>
    /// Gets the scopes of the token: the <c>scope</c> of the response, or the requested scopes if the response has none (RFC 6749 §5.1).
    /// </summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>Gets the protected resources for which the token was requested (RFC 8707 §2); empty if the request named none.</summary>
    public IReadOnlyList<string> Resources { get; }

    /// <summary>
    /// Gets the authorization details of the token: those that the server stated (RFC 9396 §7), or after a refresh without a statement
    /// those of the grant; <see langword="null"/> if the server stated none.
    /// </summary>
    public AuthorizationDetails? AuthorizationDetails { get; internal init; }

    /// <summary>
    /// Gets the value of the Authorization header. It is created once, because formatting it for each request allocates memory.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string AuthorizationHeader => authorizationHeader ??= Scheme.CreateHeader(Reveal());

    /// <summary>
    /// Gets the value of the Authorization header of a bearer token; <see langword="null"/> for a token that is bound to a key.
    /// </summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? BearerHeader => Key is null ? AuthorizationHeader : null;

    /// <summary>Gets the key that the token is bound to; <see langword="null"/> for a bearer token.</summary>
    internal DPoPKey? Key { get; init; }

    internal TokenScheme Scheme => Key is null ? TokenScheme.Bearer : TokenScheme.DPoP;

    /// <summary>Gets the hash of the token for its proofs (<c>ath</c>, RFC 9449 §4.2). It is computed once.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string Hash => hash ??= Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Reveal())));

    /// <summary>Gets or sets a value indicating whether the token was requested because an API rejected the previous one.</summary>
    internal bool ReplacesRejected { get; set; }

    /// <summary>
    /// Gets or sets the record of the grant's last replacement after a status 401 that states no reason; <see langword="null"/> without
    /// one.
    /// </summary>
    internal UnexplainedRejection? UnexplainedRejection { get; set; }

    /// <summary>Records whether the API accepted the token when the request was sent once more. A rejection is kept.</summary>
    internal void SetAccepted(bool isAccepted)
    {
        if (UnexplainedRejection is { IsAccepted: not false } record)
            UnexplainedRejection = record with { IsAccepted = isAccepted };
    }

    /// <summary>Gets the members of the stored token that this version does not know.</summary>
    internal Dictionary<string, JsonElement>? UnknownMembers { get; init; }

    // RFC 6749 A.12: access-token = 1*VSCHAR. A CR or LF in the token would add a header to the request.
    private static string Checked(string value) =>
        !string.IsNullOrEmpty(value) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? value
            : throw new OAuthProtocolException(
                "The server sent an access token with a character that RFC 6749 (appendix A.12) does not allow, such as a line break. The "
                    + "token was not used; correct the server."
            );
}
