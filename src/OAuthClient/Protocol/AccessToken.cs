using System.Diagnostics;
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

    /// <summary>Gets the authentication scheme of the token: <c>Bearer</c> (RFC 6750).</summary>
#pragma warning disable CA1822 // With DPoP the value depends on the token.
    public string TokenType => BearerScheme.Instance.Name;
#pragma warning restore CA1822

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
    internal string AuthorizationHeader => authorizationHeader ??= BearerScheme.Instance.CreateHeader(Reveal());

    /// <summary>Gets or sets a value indicating whether the token was requested because an API rejected the previous one.</summary>
    internal bool ReplacesRejected { get; set; }

    /// <summary>
    /// Gets or sets a value indicating whether an API rejected the token with a status 401 that states no reason. It is not stored.
    /// </summary>
    internal bool IsRejectionUnexplained { get; set; }

    /// <summary>
    /// Gets or sets the record of the grant's last replacement after a status 401 that states no reason; <see langword="null"/> without
    /// one.
    /// </summary>
    internal UnexplainedRejection? UnexplainedRejection { get; set; }

    /// <summary>Records why the token replaces another one.</summary>
    /// <param name="last">The newest record of the grant; <see langword="null"/> if it has none.</param>
    /// <param name="rejected">The token that an API rejected; <see langword="null"/> if none did.</param>
    /// <param name="now">The current time.</param>
    internal void Replace(UnexplainedRejection? last, AccessToken? rejected, DateTimeOffset now)
    {
        ReplacesRejected = rejected is not null;
        UnexplainedRejection = rejected is { IsRejectionUnexplained: true } ? UnexplainedRejection.After(last, now) : last;
    }

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
