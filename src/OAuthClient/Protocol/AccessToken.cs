using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>An access token (RFC 6749 §1.4) with what the server said about it.</summary>
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

    /// <summary>How the token is presented: <c>Bearer</c> (RFC 6750).</summary>
#pragma warning disable CA1822 // DPoP will make it differ from token to token.
    public string TokenType => "Bearer";
#pragma warning restore CA1822

    /// <summary>When it was asked for; its lifetime is counted from here, which is never later than the server's own count.</summary>
    public DateTimeOffset IssuedAt { get; }

    /// <summary>When it ends, or <see langword="null"/> when the server did not say (RFC 6749 §5.1 recommends <c>expires_in</c>).</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>What it allows: the response's <c>scope</c>, or what was asked for when it named none (RFC 6749 §5.1).</summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>The protected resources it was asked for (RFC 8707 §2); empty when none was named.</summary>
    public IReadOnlyList<string> Resources { get; }

    /// <summary>Ready to be put on a request; made once because formatting it at every send costs a kilobyte.</summary>
    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string AuthorizationHeader => authorizationHeader ??= "Bearer " + Reveal();

    /// <summary>Whether it was fetched because an API refused the one before.</summary>
    internal bool ReplacesRejected { get; set; }

    /// <summary>Gets the members of the stored token that this build does not know.</summary>
    internal Dictionary<string, JsonElement>? UnknownMembers { get; init; }

    // RFC 6749 A.12: access-token = 1*VSCHAR. A CR or LF here would be a header of somebody else's making.
    private static string Checked(string value) =>
        !string.IsNullOrEmpty(value) && !value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? value
            : throw new OAuthProtocolException(
                "The server sent an access token with a character that RFC 6749 (appendix A.12) does not allow, such as a line break; it was not used."
            );
}
