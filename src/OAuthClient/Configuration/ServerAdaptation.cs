using System.Collections.Frozen;
using System.Text.Json;

namespace OAuthClient;

/// <summary>
/// Describes how one server deviates from the specifications. What writes requests and reads responses asks it, so that a deviation is data
/// and no condition in the code.
/// </summary>
internal sealed partial record ServerAdaptation
{
    /// <summary>Gets the adaptation to a server that conforms to the specifications.</summary>
    public static readonly ServerAdaptation None = new();

    /// <summary>Gets the server's names of request parameters, by their standard names.</summary>
    public FrozenDictionary<string, string> ParameterNames { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Gets the character that separates scopes in requests and responses.</summary>
    public char ScopeSeparator { get; init; } = ' ';

    /// <summary>Gets the standard error codes, by the words that the server uses for them (RFC 6749 §5.2).</summary>
    public FrozenDictionary<string, string> ErrorCodes { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>Gets the names of the members that lead to the tokens in a token response; empty if they stand at its top.</summary>
    public IReadOnlyList<string> TokenPath { get; init; } = [];

    /// <summary>Gets the names of the members that lead to the claims in a UserInfo response; empty if they stand at its top.</summary>
    public IReadOnlyList<string> UserInfoPath { get; init; } = [];

    /// <summary>Gets the member that identifies the user where there is no <c>sub</c>; <see langword="null"/> if none does.</summary>
    public string? UserIdMember { get; init; }

    /// <summary>Gets the further words for the token type Bearer.</summary>
    public IReadOnlyList<string> BearerTokenTypes { get; init; } = [];

    /// <summary>Gets a value indicating whether <c>id_token_hint</c> is left out of sign-out requests.</summary>
    public bool OmitIdTokenHint { get; init; }

    /// <summary>Gets a value indicating whether authorization and token requests use PKCE (RFC 7636).</summary>
    public bool UsesPkce { get; init; } = true;

    /// <summary>
    /// Gets a value indicating whether an ID Token may lack the nonce of the request; <see cref="MayLackNonce"/> decides.
    /// </summary>
    public bool AcceptsMissingNonce { private get; init; }

    /// <summary>
    /// Gets a value indicating whether neither PKCE nor a nonce must bind the code to the browser (RFC 9700 §4.5).
    /// </summary>
    public bool AllowsCodeInjection { private get; init; }

    /// <summary>
    /// Determines whether an ID Token may lack the nonce of the request (OpenID Connect Core §3.1.3.7). Without PKCE, only the nonce binds
    /// the code to the browser (RFC 9700 §4.5.3).
    /// </summary>
    public bool MayLackNonce(bool usesPkce) => AcceptsMissingNonce && MayLackIdToken(usesPkce);

    /// <summary>Determines whether an authorization may lack an ID Token, which contains the nonce (RFC 9700 §4.5.3).</summary>
    public bool MayLackIdToken(bool usesPkce) => usesPkce || AllowsCodeInjection;

    /// <summary>Creates the adaptation that the options describe.</summary>
    public static ServerAdaptation From(ServerAdaptationOptions options) =>
        new()
        {
            ParameterNames = options.ParameterNames.ToFrozenDictionary(),
            ScopeSeparator = options.ScopeSeparator[0],
            BearerTokenTypes = [.. options.BearerTokenTypes],
            ErrorCodes = options.ErrorCodes.ToFrozenDictionary(),
            TokenPath = [.. options.TokenPath],
            UserInfoPath = [.. options.UserInfoPath],
            UserIdMember = options.UserIdMember,
            OmitIdTokenHint = options.OmitIdTokenHint,
            UsesPkce = !options.DangerouslyDisablePkce,
            AcceptsMissingNonce = options.DangerouslyAcceptMissingNonce,
            OmitsResourceInAuthorizationRequests = options.OmitResourceInAuthorizationRequests,
            OmitsResourceInTokenRequests = options.OmitResourceInTokenRequests,
            OmitsResourceInRefreshRequests = options.OmitResourceInRefreshRequests,
            UsesUnencodedBasicCredentials = options.UseUnencodedBasicCredentials,
            UsesBasicForPublicClient = options.UseBasicForPublicClient,
            RepeatsClientIdInBody = options.RepeatClientIdInBody,
            UsesSecretAsBasicUserName = options.UseSecretAsBasicUserName,
            AllowsCodeInjection = options.DangerouslyAllowCodeInjection,
        };

    /// <summary>Returns the server's name of a parameter.</summary>
    public string NameOf(string parameter) => ParameterNames.GetValueOrDefault(parameter, parameter);

    /// <summary>Gives the parameters of a request the server's names.</summary>
    public void Rename(List<KeyValuePair<string, string>> parameters)
    {
        if (ParameterNames.Count == 0)
            return;
        for (int i = 0; i < parameters.Count; i++)
            parameters[i] = new(NameOf(parameters[i].Key), parameters[i].Value);
    }

    /// <summary>Joins scopes for a request (RFC 6749 §3.3).</summary>
    public string JoinScopes(IReadOnlyCollection<string> scopes) => string.Join(ScopeSeparator, scopes);

    /// <summary>
    /// Splits the scopes of a response. An item that contains commas and was not requested is a list itself: some servers separate the
    /// scopes of a response by commas, and RFC 6749 §3.3 allows a comma in a scope.
    /// </summary>
    /// <param name="scope">The scopes of the response.</param>
    /// <param name="requested">The requested scopes.</param>
    /// <returns>The distinct scopes.</returns>
    public IReadOnlyList<string> SplitScopes(string scope, IReadOnlyList<string> requested)
    {
        var items = ScopeList.Split(ScopeSeparator == ' ' ? scope : scope.Replace(ScopeSeparator, ' '));
        return items.Any(IsList)
            ?
            [
                .. items
                    .SelectMany(item => IsList(item) ? item.Split(',', StringSplitOptions.RemoveEmptyEntries) : (IEnumerable<string>)[item])
                    .Distinct(),
            ]
            : items;

        bool IsList(string item) => item.Contains(',', StringComparison.Ordinal) && !requested.Contains(item);
    }

    /// <summary>Determines whether a <c>token_type</c> names a bearer token (RFC 6749 §7.1).</summary>
    public bool IsBearer(string tokenType) =>
        TokenScheme.Bearer.IsNamed(tokenType) || BearerTokenTypes.Contains(tokenType, StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Finds the object of a token response that contains the tokens; <see langword="null"/> if the path leads nowhere.
    /// </summary>
    public JsonElement? FindTokens(JsonElement response) => Find(response, TokenPath);

    /// <summary>
    /// Finds the object of a UserInfo response that contains the claims; <see langword="null"/> if the path leads nowhere.
    /// </summary>
    public JsonElement? FindUserInfo(JsonElement response) => Find(response, UserInfoPath);

    private static JsonElement? Find(JsonElement response, IReadOnlyList<string> path)
    {
        var found = response;
        foreach (string name in path)
        {
            found = found.ValueKind == JsonValueKind.Object && StrictJson.HasReadableNames(found) ? found.Member(name) : default;
            if (found.ValueKind != JsonValueKind.Object)
                return null;
        }
        return found;
    }
}
