namespace OAuthClient.Testing;

/// <summary>
/// Specifies how a token response deviates in form from RFC 6749 §5.1; see <see cref="Fault.DeviatingTokenResponse"/>. Real servers respond
/// so. Unlike with a <see cref="Defect"/>, a client can use the response, unless the value says otherwise.
/// </summary>
public enum TokenResponseDeviation
{
    /// <summary>The response contains no <c>token_type</c>.</summary>
    NoTokenType,

    /// <summary><c>token_type</c> is <c>bot</c>. A client can use the token only if it knows the word.</summary>
    OtherTokenType,

    /// <summary><c>token_type</c> has an unusual case, such as <c>dPOP</c> or <c>bEARER</c> (RFC 6749 §5.1).</summary>
    TokenTypeCase,

    /// <summary><c>token_type</c> is a number. The access token must not be used (RFC 6749 §7.1).</summary>
    NumericTokenType,

    /// <summary><c>expires_in</c> is a text.</summary>
    LifetimeAsText,

    /// <summary><c>expires_in</c> has a fraction.</summary>
    LifetimeWithFraction,

    /// <summary><c>expires_in</c> is an empty text.</summary>
    EmptyLifetime,

    /// <summary><c>expires_in</c> is <c>null</c>.</summary>
    NullLifetime,

    /// <summary><c>expires_in</c> is an HTTP date.</summary>
    LifetimeAsDate,

    /// <summary><c>expires_in</c> is negative.</summary>
    NegativeLifetime,

    /// <summary><c>expires_in</c> is larger than any time.</summary>
    EnormousLifetime,

    /// <summary>Commas separate the scopes.</summary>
    ScopeWithCommas,

    /// <summary><c>scope</c> is an array of texts.</summary>
    ScopeAsArray,

    /// <summary><c>scope</c> is <c>null</c>.</summary>
    NullScope,

    /// <summary>The response contains <c>error</c> with an empty text.</summary>
    EmptyError,

    /// <summary>The response contains an unknown member twice.</summary>
    RepeatedMember,

    /// <summary>The response contains <c>access_token</c> twice. The access token must not be used (RFC 8259 §4).</summary>
    RepeatedAccessToken,

    /// <summary>The response contains <c>refresh_token</c> twice. It must be rejected (RFC 8259 §4).</summary>
    RepeatedRefreshToken,

    /// <summary>The response contains no <c>access_token</c>.</summary>
    NoAccessToken,

    /// <summary><c>refresh_token</c> is a number.</summary>
    NumericRefreshToken,

    /// <summary>The response is a form (<c>application/x-www-form-urlencoded</c>).</summary>
    FormEncoded,

    /// <summary>The response is a form, and its media type is <c>text/plain</c>.</summary>
    FormEncodedAsText,

    /// <summary>The response begins with a byte order mark.</summary>
    ByteOrderMark,

    /// <summary>The tokens are members of the object <c>authed_user</c>.</summary>
    NestedTokens,

    /// <summary>The response contains the members <c>instance_url</c>, <c>team</c> and <c>refresh_token_expires_in</c>.</summary>
    AdditionalMembers,
}
