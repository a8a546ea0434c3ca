using System.Collections.ObjectModel;

namespace OAuthClient;

public sealed partial class Grant
{
    /// <summary>
    /// Gets the members of the token response that the specifications do not define, such as <c>instance_url</c>, by their names. A
    /// refresh replaces those that its response contains.
    /// </summary>
    /// <remarks>They may be secret. A store encrypts them with the tokens. At most 16 KiB are kept.</remarks>
    public IReadOnlyDictionary<string, AdditionalMember> TokenResponseMembers { get; internal init; } =
        ReadOnlyDictionary<string, AdditionalMember>.Empty;

    /// <summary>
    /// Gets the parameters of the callback that the specifications do not define, such as <c>realmId</c>, by their names.
    /// </summary>
    /// <remarks>
    /// They came through the browser, whose user can change them, so they prove nothing. Do not send a token to an address that one of them
    /// names.
    /// </remarks>
    public IReadOnlyDictionary<string, AdditionalMember> UntrustedCallbackParameters { get; internal init; } =
        ReadOnlyDictionary<string, AdditionalMember>.Empty;

    /// <summary>
    /// Gets the user's account at the server: from the UserInfo response if the client requested one when the authorization completed, or
    /// else from the ID Token; <see langword="null"/> if there is neither.
    /// </summary>
    public GrantAccount? Account =>
        UserInfoAccount ?? (IdTokenClaims is { } claims && Subject is { } subject ? GrantAccount.From(subject, claims) : null);

    /// <summary>Gets the account of the UserInfo response; <see langword="null"/> if none was requested.</summary>
    internal GrantAccount? UserInfoAccount { get; init; }

    /// <summary>
    /// Gets the time at which the refresh token expires; <see langword="null"/> if the server states none
    /// (<c>refresh_token_expires_in</c>, <c>refresh_expires_in</c>).
    /// </summary>
    public DateTimeOffset? RefreshTokenExpiresAt { get; internal init; }

    /// <summary>Returns the grant without <see cref="UntrustedCallbackParameters"/>.</summary>
    internal Grant WithoutCallbackParameters() =>
        UntrustedCallbackParameters.Count == 0
            ? this
            : new(this) { Generation = Generation, UntrustedCallbackParameters = ReadOnlyDictionary<string, AdditionalMember>.Empty };

    /// <summary>Gets the newest record of its tokens; <see langword="null"/> if there is none.</summary>
    internal UnexplainedRejection? UnexplainedRejection =>
        Tokens.Values.Select(token => token.UnexplainedRejection).Aggregate((UnexplainedRejection?)null, UnexplainedRejection.Newer);

    internal bool IsChosenBy(AccessTokenKey key) => key.GrantId is null || key.GrantId == Id;

    /// <summary>
    /// Gets the names and values, in turn, of the parameters that were given for the authorization and that a reauthorization repeats.
    /// </summary>
    internal IReadOnlyList<string> AuthorizationParameters { get; init; } = [];
}
