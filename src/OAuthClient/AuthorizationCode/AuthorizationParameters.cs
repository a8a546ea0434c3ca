using System.Collections.ObjectModel;

namespace OAuthClient;

/// <summary>
/// Parameters of one authorization request, in addition to the client's options (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
/// </summary>
public sealed record AuthorizationParameters
{
    internal static readonly AuthorizationParameters None = new();

    /// <summary>
    /// Gets or sets the scopes to request instead of <see cref="OAuthClientOptions.Scopes"/>. The default is <see langword="null"/>.
    /// </summary>
    public IReadOnlyCollection<string>? Scopes { get; init; }

    /// <summary>
    /// Gets or sets the protected resources to request tokens for instead of <see cref="OAuthClientOptions.Resources"/> (RFC 8707 §2). The
    /// default is <see langword="null"/>.
    /// </summary>
    public IReadOnlyCollection<Uri>? Resources { get; init; }

    /// <summary>
    /// Gets or sets the authorization details to request instead of <see cref="OAuthClientOptions.AuthorizationDetails"/> (RFC 9396 §3).
    /// <see cref="OAuthClient.AuthorizationDetails.From{T}"/> creates them from objects of the application. The default is
    /// <see langword="null"/>.
    /// </summary>
    public AuthorizationDetails? AuthorizationDetails { get; init; }

    /// <summary>
    /// Gets or sets the redirect URI of this request: <see cref="OAuthClientOptions.RedirectUri"/> or one of
    /// <see cref="OAuthClientOptions.RedirectUris"/>. The port of a loopback address may differ (RFC 8252 §7.3). The default is
    /// <see langword="null"/>: in ASP.NET Core the one with the host of the request, otherwise
    /// <see cref="OAuthClientOptions.RedirectUri"/>.
    /// </summary>
    public Uri? RedirectUri { get; init; }

    /// <summary>
    /// Gets or sets how the server prompts the user, for example <c>login</c>, <c>consent</c>, <c>select_account</c> or <c>none</c>. The
    /// default is <see langword="null"/>: the server decides.
    /// </summary>
    public string? Prompt { get; init; }

    /// <summary>
    /// Gets or sets the user name or address that the server may fill in on its sign-in page. The default is <see langword="null"/>.
    /// </summary>
    public string? LoginHint { get; init; }

    /// <summary>
    /// Gets or sets the maximum time since the user last signed in at the server. It is sent in whole seconds. With the scope
    /// <c>openid</c> the <c>auth_time</c> claim of the ID Token is validated against it. The default is <see langword="null"/>.
    /// </summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>
    /// Gets or sets the preferred authentication context classes, best first, separated by spaces. The server need not satisfy them
    /// (OpenID Connect Core §5.5.1.1); the <c>acr</c> claim in <see cref="Grant.IdTokenClaims"/> contains the class that it used. The
    /// default is <see langword="null"/>.
    /// </summary>
    public string? AcrValues { get; init; }

    /// <summary>
    /// Gets or sets the required authentication context classes, best first. The authorization completes only if the <c>acr</c> claim of
    /// the ID Token is one of them. They are sent as <c>acr_values</c> unless <see cref="AcrValues"/> is set. Requires the scope
    /// <c>openid</c>. The default is an empty collection.
    /// </summary>
    public IReadOnlyCollection<string> RequiredAcrValues { get; init; } = [];

    /// <summary>
    /// Gets or sets the <c>claims</c> parameter, a JSON object of at most 8 KiB that requests single claims (OpenID Connect Core §5.5).
    /// <see cref="ReauthorizationRequiredException.Claims"/> contains what a server requires. It replaces a <c>claims</c> of
    /// <see cref="OAuthClientOptions.AuthorizationParameters"/>. The default is <see langword="null"/>.
    /// </summary>
    public string? Claims { get; init; }

    /// <summary>
    /// Gets or sets the user's preferred languages, best first, as language tags (BCP 47) separated by spaces. The default is
    /// <see langword="null"/>.
    /// </summary>
    public string? UiLocales { get; init; }

    /// <summary>
    /// Gets or sets further parameters that the server supports, such as <c>access_type=offline</c>. They take precedence over
    /// <see cref="OAuthClientOptions.AuthorizationParameters"/>. Parameters that the library sets (<c>state</c>, <c>redirect_uri</c>,
    /// <c>code_challenge</c> and others) are rejected. The default is an empty dictionary.
    /// </summary>
    public IReadOnlyDictionary<string, string> Additional { get; init; } = ReadOnlyDictionary<string, string>.Empty;

    /// <summary>Gets the scopes that are requested in addition to <see cref="Scopes"/> or those of the options.</summary>
    internal IReadOnlyCollection<string> FurtherScopes { get; init; } = [];

    /// <summary>Gets the details that are requested in addition to <see cref="AuthorizationDetails"/> or those of the options.</summary>
    internal AuthorizationDetails? FurtherAuthorizationDetails { get; init; }

    /// <summary>
    /// Gets the parameters whose <see cref="AcrValues"/> and <see cref="Claims"/> a later reauthorization repeats, if an API added to these
    /// here; <see langword="null"/> if it repeats the ones here.
    /// </summary>
    internal AuthorizationParameters? WithoutApi { get; init; }

    /// <summary>
    /// Creates the parameters of a reauthorization. It repeats the parameters that were given for the authorization of the grant, up to
    /// 1,024 characters, except <see cref="Prompt"/>, <see cref="MaxAge"/>, <see cref="LoginHint"/> and <see cref="RedirectUri"/>.
    /// <see cref="AuthorizationDetails"/> are repeated up to 2,048 characters, the other parameters included. It adds the scopes,
    /// authorization details, authentication context classes and claims that the exception requires.
    /// </summary>
    /// <remarks>
    /// <para>
    /// The authentication context classes and claims that the authorization server requires replace those of the grant. Those that an API
    /// requires in a challenge (<see cref="AccessTokenHandlerOptions.ReauthorizeWhenChallenged"/>) do not: <see cref="AcrValues"/> has the
    /// API's values first, <see cref="RequiredAcrValues"/> stays as it is unless the API states only values of it, and
    /// <see cref="Claims"/> has the API's claims in addition, or not at all if they change a claim of the grant. A later reauthorization
    /// does not repeat what the API added.
    /// </para>
    /// <para><c>[ReauthorizeWhenNeeded]</c> and the connect endpoint of <c>MapBrowserAuthorization</c> use this method.</para>
    /// </remarks>
    /// <param name="grant">The grant, as <c>FindGrantAsync</c> finds it; <see langword="null"/> if there is none.</param>
    /// <param name="exception">The exception; <see langword="null"/> if there is none.</param>
    /// <param name="prompt">The <see cref="Prompt"/> of the reauthorization.</param>
    /// <returns>The parameters, for <c>BeginAuthorizationAsync</c>.</returns>
    public static AuthorizationParameters ForReauthorization(
        Grant? grant,
        ReauthorizationRequiredException? exception = null,
        string? prompt = null
    )
    {
        var repeated = RepeatedParameters.Read(grant);
        var (acrValues, requiredAcrValues) = RepeatedParameters.MergeAcrValues(repeated, exception);
        return new()
        {
            Scopes = repeated.Scopes,
            FurtherScopes = exception?.Scopes ?? [],
            Resources = repeated.Resources,
            AuthorizationDetails = repeated.AuthorizationDetails,
            FurtherAuthorizationDetails = exception?.AuthorizationDetails,
            AcrValues = acrValues,
            RequiredAcrValues = requiredAcrValues,
            MaxAge = exception?.MaxAge,
            UiLocales = repeated.UiLocales,
            Claims = RepeatedParameters.MergeClaims(repeated, exception),
            Additional = repeated.Additional,
            Prompt = prompt,
            WithoutApi = exception is { IsFromApi: true } ? repeated : null,
        };
    }
}
