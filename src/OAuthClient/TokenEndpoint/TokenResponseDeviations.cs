namespace OAuthClient;

/// <summary>Specifies how token responses deviate in form from RFC 6749 §5.1, although they can be used.</summary>
[Flags]
internal enum TokenResponseDeviations
{
    None = 0,
    TokenTypeMissing = 1 << 0,
    LifetimeUnreadable = 1 << 1,
    ScopeUnreadable = 1 << 2,
    ScopeForm = 1 << 3,
    MemberRepeated = 1 << 4,
    FormEncoded = 1 << 5,
    RefreshTokenUnreadable = 1 << 6,
    IdTokenUnreadable = 1 << 7,
    MembersTooLong = 1 << 8,
    MemberUnreadable = 1 << 9,
    TokenTypeForm = 1 << 10,
    AuthorizationDetailsUnreadable = 1 << 11,
}

/// <summary>Describes the deviations for the log.</summary>
internal static class TokenResponseDeviationTexts
{
    private static readonly (TokenResponseDeviations Deviation, string Text)[] Texts =
    [
        (TokenResponseDeviations.TokenTypeMissing, "no token_type (the token is used as a bearer token)"),
        (TokenResponseDeviations.TokenTypeForm, "token_type is not a plain text"),
        (TokenResponseDeviations.LifetimeUnreadable, "expires_in is no number of seconds (DefaultAccessTokenLifetime applies)"),
        (TokenResponseDeviations.ScopeUnreadable, "scope cannot be read (the requested scopes are assumed)"),
        (TokenResponseDeviations.ScopeForm, "scope is not a text with spaces between the scopes"),
        (TokenResponseDeviations.MemberRepeated, "a member occurs twice (the last one is used)"),
        (TokenResponseDeviations.FormEncoded, "the response is a form and not JSON"),
        (TokenResponseDeviations.RefreshTokenUnreadable, "refresh_token is not a text (it is ignored)"),
        (TokenResponseDeviations.IdTokenUnreadable, "id_token is not a text"),
        (TokenResponseDeviations.MembersTooLong, "the further members are longer than 16 KiB (the longest are not kept in the grant)"),
        (
            TokenResponseDeviations.AuthorizationDetailsUnreadable,
            "authorization_details is not an array of objects with a type (it is ignored)"
        ),
        (TokenResponseDeviations.MemberUnreadable, "a member is not valid Unicode (it is ignored)"),
    ];

    /// <summary>Describes deviations.</summary>
    /// <param name="deviations">The deviations.</param>
    /// <returns>The text, without any value of the response.</returns>
    public static string Describe(TokenResponseDeviations deviations) =>
        string.Join("; ", Texts.Where(known => deviations.HasFlag(known.Deviation)).Select(known => known.Text));
}
