using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Represents an authorization response (RFC 6749 §4.1.2) that is parsed and not validated. Its code can be redeemed only by
/// <c>CompleteAuthorizationAsync</c>, which first validates the response against the pending authorization.
/// </summary>
[DebuggerDisplay("Authorization response, not validated")]
[JsonConverter(typeof(NonSerializableJsonConverter<AuthorizationResponse>))]
public sealed class AuthorizationResponse
{
    private const int MaximumLength = 64 * 1024;
    private const int MaximumParameters = 100;

    private AuthorizationResponse(Dictionary<string, string> all, string? path)
    {
        Jwt = all.GetValueOrDefault(ParameterNames.Response);
        State = all.GetValueOrDefault(ParameterNames.State) ?? StateOf(Jwt);
        Issuer = all.GetValueOrDefault(ParameterNames.Issuer);
        Code = all.GetValueOrDefault(ParameterNames.Code) is { Length: > 0 } code ? new AuthorizationCode(code) : null;
        Error = all.GetValueOrDefault(ParameterNames.Error);
        Path = path;
        all.Remove(ParameterNames.Code);
        all.Remove(ParameterNames.Response);
        // Tokens of other response types were not requested and are not exposed.
        all.Remove(ParameterNames.AccessToken);
        all.Remove(ParameterNames.IdToken);
        all.Remove(ParameterNames.RefreshToken);
        OtherParameters = all;
    }

    /// <summary>
    /// Gets all parameters except the code and tokens. They are not validated: any site can send a browser here with any parameters.
    /// </summary>
    public IReadOnlyDictionary<string, string> OtherParameters { get; }

    /// <summary>Gets the state. Of a signed response it is not verified yet, and only finds the pending authorization.</summary>
    internal string? State { get; }

    /// <summary>Gets the signed response (JWT Secured Authorization Response Mode §2.3); <see langword="null"/> if there is none.</summary>
    internal string? Jwt { get; }

    internal string? Issuer { get; }
    internal AuthorizationCode? Code { get; }
    internal string? Error { get; }

    /// <summary>Gets the path of the callback; <see langword="null"/> if it was not parsed from an absolute address.</summary>
    internal string? Path { get; }

    /// <summary>
    /// Describes the error for a message, in sanitized text; <see langword="null"/> if there is none. Any site can send a browser here with
    /// any text.
    /// </summary>
    internal string? DescribeError() =>
        ServerTextSanitizer.Clean(Error) is { } error
            ? $"'{error}'"
                + (
                    ServerTextSanitizer.Clean(OtherParameters.GetValueOrDefault(ParameterNames.ErrorDescription)) is { } description
                        ? $" (\"{description}\")"
                        : ""
                )
            : null;

    /// <summary>Returns the names of the known parameters, without values.</summary>
    /// <returns>The text.</returns>
    public override string ToString() =>
        $"Authorization response with {string.Join(", ", OtherParameters.Keys.Where(IsKnown))}{(Code is null ? "" : " and a code")}";

    /// <summary>
    /// Parses the address that the server sent the browser to, or its query with or without the question mark (RFC 6749 §4.1.2).
    /// </summary>
    /// <param name="callback">The address or query of the callback.</param>
    /// <returns>The response, not validated.</returns>
    /// <exception cref="OAuthProtocolException">A parameter occurs twice (RFC 6749 §3.1), or the response is too long.</exception>
    public static AuthorizationResponse Parse(string callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ValidateLength(callback);
        // A path is not an absolute address, but on Unix Uri parses it as the address of a file.
        if (callback.StartsWith('/'))
            return ParseRelative(callback);
        return Uri.TryCreate(callback, UriKind.Absolute, out var uri) ? Parse(uri) : ParseQuery(callback, path: null);
    }

    /// <summary>Parses the address that the server sent the browser to (RFC 6749 §4.1.2).</summary>
    /// <param name="callback">The address of the callback.</param>
    /// <returns>The response, not validated.</returns>
    /// <exception cref="OAuthProtocolException">A parameter occurs twice (RFC 6749 §3.1), or the response is too long.</exception>
    public static AuthorizationResponse Parse(Uri callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return callback.IsAbsoluteUri ? ParseQuery(callback.Query, callback.AbsolutePath) : ParseRelative(callback.OriginalString);
    }

    /// <summary>Reads the parameters of a form post (OAuth 2.0 Form Post Response Mode §2) or of a query that is already parsed.</summary>
    /// <param name="parameters">The decoded names and values. Pass each value, including repeated ones.</param>
    /// <param name="address">
    /// The address at which the callback arrived. Required where clients at several servers are distinguished by their redirect URIs.
    /// </param>
    /// <returns>The response, not validated.</returns>
    /// <exception cref="OAuthProtocolException">A parameter occurs twice (RFC 6749 §3.1), or the response is too long.</exception>
    public static AuthorizationResponse Parse(IEnumerable<KeyValuePair<string, string>> parameters, Uri? address = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return FromPairs(parameters, address is { IsAbsoluteUri: true } ? address.AbsolutePath : null);
    }

    /// <summary>Parses the body of a form post (OAuth 2.0 Form Post Response Mode §2).</summary>
    /// <param name="body">The body, encoded as <c>application/x-www-form-urlencoded</c>.</param>
    /// <param name="address">
    /// The address at which the callback arrived. Required where clients at several servers are distinguished by their redirect URIs.
    /// </param>
    /// <returns>The response, not validated.</returns>
    /// <exception cref="OAuthProtocolException">A parameter occurs twice (RFC 6749 §3.1), or the response is too long.</exception>
    public static AuthorizationResponse ParseForm(string body, Uri? address = null)
    {
        ArgumentNullException.ThrowIfNull(body);
        ValidateLength(body);
        return Parse(Pairs(body), address);
    }

    /// <summary>Creates the response that a signed one contains.</summary>
    internal AuthorizationResponse WithParameters(Dictionary<string, string> parameters) => new(parameters, Path);

    private static string? StateOf(string? jwt) =>
        jwt is not null && UnverifiedJwt.TryReadClaims(jwt, JwtType.AuthorizationResponse) is { } claims
            ? claims.TextIfAny(ParameterNames.State)
            : null;

    private static AuthorizationResponse ParseRelative(string address)
    {
        string[] parts = WithoutFragment(address).Split('?', 2);
        return ParseQuery(parts.Length == 2 ? parts[1] : "", path: null);
    }

    private static AuthorizationResponse ParseQuery(string query, string? path)
    {
        ValidateLength(query);
        return FromPairs(Pairs(WithoutFragment(query).TrimStart('?')), path);
    }

    private static IEnumerable<KeyValuePair<string, string>> Pairs(string encoded) =>
        FormDecoder.Decode(encoded).Select(pair => KeyValuePair.Create(pair.Name, pair.Value ?? ""));

    private static AuthorizationResponse FromPairs(IEnumerable<KeyValuePair<string, string>> pairs, string? path)
    {
        var all = new Dictionary<string, string>();
        int length = 0;
        foreach (var (name, value) in pairs)
        {
            length += name.Length + (value?.Length ?? 0);
            if (all.Count >= MaximumParameters || length > MaximumLength)
                throw new OAuthProtocolException(
                    $"The callback has more than {MaximumParameters} parameters or {MaximumLength} characters, which no authorization "
                        + "server sends."
                );
            if (!all.TryAdd(name, value ?? ""))
            {
                throw new OAuthProtocolException(
                    $"The callback holds '{(IsKnown(name) ? name : "a parameter")}' more than once (RFC 6749 §3.1); it was rejected."
                );
            }
        }
        return new AuthorizationResponse(all, path);
    }

    private static void ValidateLength(string callback)
    {
        if (callback.Length > MaximumLength)
            throw new OAuthProtocolException(
                $"The callback is longer than {MaximumLength} characters, which no authorization server sends."
            );
    }

    private static string WithoutFragment(string address) => address.Split('#', 2)[0];

    private static bool IsKnown(string name) =>
        name
            is ParameterNames.Code
                or ParameterNames.Response
                or ParameterNames.State
                or ParameterNames.Issuer
                or ParameterNames.Error
                or ParameterNames.ErrorDescription
                or ParameterNames.ErrorUri
                or ParameterNames.Scope;
}
