using System.Collections.Frozen;
using System.Collections.ObjectModel;
using System.Text.Json;

namespace OAuthClient;

public sealed partial class Grant
{
    /// <summary>
    /// Gets the members of the token response that the specifications do not define, such as <c>instance_url</c>, by their names. A
    /// refresh replaces those that its response contains.
    /// </summary>
    /// <remarks>
    /// They may be secret. A store encrypts them with the tokens. At most 16 KiB of them and of <see cref="UntrustedCallbackParameters"/>
    /// are kept: if a response has more, its longest members are left out.
    /// </remarks>
    public IReadOnlyDictionary<string, AdditionalMember> TokenResponseMembers { get; internal init; } =
        ReadOnlyDictionary<string, AdditionalMember>.Empty;

    /// <summary>
    /// Gets the parameters of the callback that the specifications do not define, such as <c>realmId</c>, by their names.
    /// </summary>
    /// <remarks>
    /// They came through the browser, whose user can change them, so they prove nothing. Do not send a token to an address that one of them
    /// names. At most 4 KiB are kept.
    /// </remarks>
    public IReadOnlyDictionary<string, AdditionalMember> UntrustedCallbackParameters { get; internal init; } =
        ReadOnlyDictionary<string, AdditionalMember>.Empty;

    /// <summary>
    /// Gets the authorization details that the server granted; <see langword="null"/> if it stated none. They may contain more than was
    /// requested, such as the account that the user chose (RFC 9396 §7.1). A refresh for all of them replaces them if its response states
    /// them.
    /// </summary>
    public AuthorizationDetails? AuthorizationDetails { get; internal init; }

    /// <summary>
    /// Gets the user's account at the server: from the UserInfo response if the client requested one when the authorization completed, or
    /// else from the ID Token; <see langword="null"/> if there is neither.
    /// </summary>
    public GrantAccount? Account =>
        UserInfoAccount ?? (IdTokenClaims is { } claims && Subject is { } subject ? GrantAccount.From(subject, claims) : null);

    /// <summary>Gets the account of the UserInfo response; <see langword="null"/> if none was requested.</summary>
    internal GrantAccount? UserInfoAccount { get; init; }

    /// <summary>Gets the length of the texts of <see cref="UserInfoAccount"/> in characters.</summary>
    internal int UserInfoAccountLength =>
        UserInfoAccount is not { } account
            ? 0
            : account.Id.Length
                + (account.Name?.Length ?? 0)
                + (account.Email?.Length ?? 0)
                + (account.Picture?.OriginalString.Length ?? 0);

    /// <summary>
    /// Gets the time at which the refresh token expires; <see langword="null"/> if the server states none
    /// (<c>refresh_token_expires_in</c>, <c>refresh_expires_in</c>).
    /// </summary>
    /// <remarks>
    /// The library presents the refresh token after this time too, because a statement of a server can be wrong, and the refusal costs one
    /// request. A warning is logged when a refresh does not extend a time that is near.
    /// </remarks>
    public DateTimeOffset? RefreshTokenExpiresAt { get; internal init; }

    /// <summary>Returns the grant without <see cref="UntrustedCallbackParameters"/>.</summary>
    internal Grant WithoutCallbackParameters() =>
        UntrustedCallbackParameters.Count == 0
            ? this
            : new(this) { Generation = Generation, UntrustedCallbackParameters = ReadOnlyDictionary<string, AdditionalMember>.Empty };

    /// <summary>Gets the newest record of its tokens; <see langword="null"/> if there is none.</summary>
    internal UnexplainedRejection? UnexplainedRejection =>
        Tokens.Values.Select(token => token.UnexplainedRejection).Aggregate((UnexplainedRejection?)null, UnexplainedRejection.Newer);

    /// <summary>Determines whether nothing says that another grant is one of another user.</summary>
    internal bool MayBeOfAccountOf(Grant other) =>
        Subject == other.Subject && (UserInfoAccount is not { } own || other.UserInfoAccount is not { } account || own.Id == account.Id);

    // Whether a grant covers the other members depends on the type (RFC 9396 §6.1), so the server judges them.
    private bool CoversTypes(AuthorizationDetails? requested) =>
        requested is null || AuthorizationDetails is null || requested.Types.All(type => AuthorizationDetails.Types.Contains(type));

    internal bool IsChosenBy(AccessTokenKey key) => key.GrantId is null || key.GrantId == Id;

    /// <summary>
    /// Gets the names and values, in turn, of the parameters that were given for the authorization and that a reauthorization repeats.
    /// </summary>
    internal IReadOnlyList<string> AuthorizationParameters { get; init; } = [];

    /// <summary>Creates the members that a grant keeps of a token response.</summary>
    /// <param name="earlier">The members of earlier responses, which are kept unless the response contains them.</param>
    /// <param name="received">The members of the response.</param>
    /// <param name="callback">The parameters of the callback, which count against the limit.</param>
    internal static IReadOnlyDictionary<string, AdditionalMember> Merge(
        IReadOnlyDictionary<string, AdditionalMember> earlier,
        IReadOnlyDictionary<string, JsonElement> received,
        IReadOnlyDictionary<string, AdditionalMember> callback
    )
    {
        var newer = received.Where(member => IsReadable(member.Value)).ToList();
        if (newer.Count == 0)
            return earlier;
        var all = earlier
            .Where(member => !received.ContainsKey(member.Key))
            .Select(member => KeyValuePair.Create(member.Key, member.Value.RevealJson()))
            .Concat(newer);
        int used = callback.Sum(parameter => AdditionalMemberLimit.LengthOf(parameter.Key, parameter.Value.RevealJson()));
        return Limited(all, AdditionalMemberLimit.MaximumLength - used);
    }

    /// <summary>Creates the parameters that a grant keeps of a callback.</summary>
    internal static IReadOnlyDictionary<string, AdditionalMember> OfCallback(IReadOnlyList<KeyValuePair<string, string>> parameters) =>
        Limited(
            parameters
                .Where(parameter => !parameter.Key.Any(char.IsSurrogate))
                .Select(parameter => KeyValuePair.Create(parameter.Key, AdditionalMember.Text(parameter.Value))),
            AdditionalMemberLimit.MaximumCallbackLength
        );

    private static FrozenDictionary<string, AdditionalMember> Limited(
        IEnumerable<KeyValuePair<string, JsonElement>> members,
        int maximum
    ) =>
        AdditionalMemberLimit
            .Apply(members, maximum)
            .ToFrozenDictionary(member => member.Key, member => new AdditionalMember(member.Value));

    private static bool IsReadable(JsonElement value) =>
        !value.IsAbsent() && (value.ValueKind != JsonValueKind.String || StrictJson.TextIfAnyOf(value) is not null);
}
