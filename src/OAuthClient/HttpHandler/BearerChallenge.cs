using System.Buffers.Text;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace OAuthClient;

/// <summary>
/// Represents the Bearer or DPoP challenge of an API's response, usually a 401 or 403 (RFC 6750 §3, RFC 9449 §7.1).
/// <see cref="BearerChallengeExtensions.FindBearerChallenge"/> reads it. The values are not trustworthy: texts are limited to 256 printable
/// characters; encode them before you display them. Scopes, authentication context classes and claims that contain the access token or the
/// DPoP proof of the request are left out.
/// </summary>
public sealed class BearerChallenge
{
    private const int MaximumScopeLength = 256;

    private readonly TokenScheme scheme;

    private BearerChallenge(TokenScheme scheme, Dictionary<string, string> parameters, string[] sent)
    {
        this.scheme = scheme;
        Realm = Text("realm");
        Error = Text(ParameterNames.Error);
        ErrorDescription = Text(ParameterNames.ErrorDescription);
        ErrorUri = Text(ParameterNames.ErrorUri);
        // These values become part of an address, so they are left out if they contain a secret.
        Scopes = Value(ParameterNames.Scope) is { } scope
            ? [.. ScopeList.Split(scope).Where(one => one.Length <= MaximumScopeLength && ScopeList.IsToken(one))]
            : [];
        AcrValues = Value(ParameterNames.AcrValues) is null ? null : Text(ParameterNames.AcrValues);
        Claims =
            Value(ParameterNames.Claims) is { } text && DecodeClaims(text) is { } claims && !RequiredAuthorization.ContainsAny(claims, sent)
                ? claims
                : null;
        MaxAge =
            parameters.TryGetValue(ParameterNames.MaxAge, out string? age)
            && int.TryParse(age, NumberStyles.None, CultureInfo.InvariantCulture, out int seconds)
                ? TimeSpan.FromSeconds(seconds)
                : null;
        ResourceMetadata =
            parameters.TryGetValue("resource_metadata", out string? address)
            && Uri.TryCreate(address, UriKind.Absolute, out var uri)
            && EndpointSecurity.IsSafe(uri, allowHttpOnLoopback: true)
                ? uri
                : null;

        string? Value(string name) =>
            parameters.TryGetValue(name, out string? value) && !RequiredAuthorization.ContainsAny(value, sent) ? value : null;
        string? Text(string name) => ServerTextSanitizer.Clean(parameters.GetValueOrDefault(name), sent);
    }

    /// <summary>Gets the realm; <see langword="null"/> if the API states none.</summary>
    public string? Realm { get; }

    /// <summary>
    /// Gets the error code: <c>invalid_token</c>, <c>insufficient_scope</c>, <c>invalid_request</c> (RFC 6750 §3.1) or
    /// <c>insufficient_user_authentication</c> (RFC 9470 §3); <see langword="null"/> if the API states none.
    /// </summary>
    public string? Error { get; }

    /// <summary>Gets the description of the error; <see langword="null"/> if the API states none.</summary>
    public string? ErrorDescription { get; }

    /// <summary>Gets the address of a page about the error; <see langword="null"/> if the API states none.</summary>
    public string? ErrorUri { get; }

    /// <summary>Gets the scopes that the request requires; empty if the API states none.</summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>
    /// Gets the required authentication context class references, best first and separated by spaces (RFC 9470 §3), for
    /// <see cref="AuthorizationParameters.AcrValues"/>; <see langword="null"/> if the API states none.
    /// </summary>
    public string? AcrValues { get; }

    /// <summary>
    /// Gets the maximum age of the user's sign-in (RFC 9470 §3), for <see cref="AuthorizationParameters.MaxAge"/>; <see langword="null"/>
    /// if the API states none.
    /// </summary>
    public TimeSpan? MaxAge { get; }

    /// <summary>
    /// Gets the claims that the access token lacks, a JSON object, for <see cref="AuthorizationParameters.Claims"/>;
    /// <see langword="null"/> if the API states none. Microsoft Entra sends them in base64 (<c>insufficient_claims</c>).
    /// </summary>
    public string? Claims { get; }

    /// <summary>
    /// Gets the address of the API's metadata (RFC 9728 §5.1), which has the scheme https, or http on this machine; otherwise,
    /// <see langword="null"/>.
    /// </summary>
    public Uri? ResourceMetadata { get; }

    /// <summary>Returns the scheme and the error code.</summary>
    /// <returns>A text for logs.</returns>
    public override string ToString() => Error is null ? scheme.Name : $"{scheme.Name} {Error}";

    /// <summary>Finds each Bearer and each DPoP challenge.</summary>
    internal static IEnumerable<BearerChallenge> FindAll(HttpResponseMessage response) =>
        FindAll(response, TokenScheme.Bearer).Concat(FindAll(response, TokenScheme.DPoP));

    // A token that is bound to a key is answered by a DPoP challenge (RFC 9449 §7.1), which has the same parameters.
    internal static BearerChallenge? Find(HttpResponseMessage response) => FindAll(response).FirstOrDefault();

    private static IEnumerable<BearerChallenge> FindAll(HttpResponseMessage response, TokenScheme scheme) =>
        AuthenticationChallenge
            .FindAll(response, scheme)
            .Select(parameters => new BearerChallenge(scheme, parameters, Sent(response.RequestMessage)));

    private static string? DecodeClaims(string text)
    {
        if (text.Length > RequiredAuthorization.MaximumClaimsLength * 2)
            return null;
        string claims = text;
        if (!text.StartsWith('{'))
        {
            string unpadded = text.TrimEnd('=').Replace('+', '-').Replace('/', '_');
            if (!Base64Url.IsValid(unpadded))
                return null;
            claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(unpadded));
        }
        return RequiredAuthorization.FindClaimsFailure(claims) is null ? claims : null;
    }

    // The token and its proof are removed from the texts, because an API may quote them and the texts may be logged.
    private static string[] Sent(HttpRequestMessage? request) =>
        request is null
            ? []
            :
            [
                .. Values(request, "Authorization")
                    .Select(value => value[(value.IndexOf(' ', StringComparison.Ordinal) + 1)..])
                    .Concat(Values(request, DPoPProofs.HeaderName))
                    .Where(secret => secret.Length > 0),
            ];

    private static HeaderStringValues Values(HttpRequestMessage request, string header) =>
        request.Headers.NonValidated.TryGetValues(header, out var values) ? values : default;
}
