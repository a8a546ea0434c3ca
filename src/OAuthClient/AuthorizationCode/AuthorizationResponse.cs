using System.Diagnostics;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// A callback as it arrived: parsed, not yet believed. The code in it can be redeemed only through
/// <c>CompleteAuthorizationAsync</c>, which first holds it against the pending authorization.
/// </summary>
[DebuggerDisplay("Authorization response, not validated")]
[JsonConverter(typeof(NonSerializableJsonConverter<AuthorizationResponse>))]
public sealed class AuthorizationResponse
{
    private const int MaximumLength = 64 * 1024;
    private const int MaximumParameters = 100;

    private AuthorizationResponse(Dictionary<string, string> all, string? path)
    {
        State = all.GetValueOrDefault(ParameterNames.State);
        Issuer = all.GetValueOrDefault(ParameterNames.Issuer);
        Code = all.GetValueOrDefault(ParameterNames.Code) is { Length: > 0 } code ? new AuthorizationCode(code) : null;
        Error = all.GetValueOrDefault(ParameterNames.Error);
        Path = path;
        all.Remove(ParameterNames.Code);
        // What other response types would bring; nobody asked for them, and nobody shall find them here.
        all.Remove(ParameterNames.AccessToken);
        all.Remove(ParameterNames.IdToken);
        all.Remove(ParameterNames.RefreshToken);
        OtherParameters = all;
    }

    /// <summary>Every parameter as it came, except the code and tokens. Unvalidated: anyone can send a browser here with anything.</summary>
    public IReadOnlyDictionary<string, string> OtherParameters { get; }

    internal string? State { get; }
    internal string? Issuer { get; }
    internal AuthorizationCode? Code { get; }
    internal string? Error { get; }

    /// <summary>The path it arrived at, when it was parsed from a whole address.</summary>
    internal string? Path { get; }

    /// <summary>Names no parameter's value.</summary>
    public override string ToString() =>
        $"Authorization response with {string.Join(", ", OtherParameters.Keys.Where(Known))}{(Code is null ? "" : " and a code")}";

    /// <summary>From the address the browser was sent to, or only its query, with or without the question mark (RFC 6749 §4.1.2).</summary>
    /// <param name="callback">The callback's address or query.</param>
    /// <exception cref="OAuthProtocolException">A parameter stands twice (RFC 6749 §3.1), or there is far too much.</exception>
    public static AuthorizationResponse Parse(string callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        ValidateLength(callback);
        // A path is no absolute address, though on Unix Uri takes it for that of a file.
        if (callback.StartsWith('/'))
            return ParseRelative(callback);
        return Uri.TryCreate(callback, UriKind.Absolute, out var uri) ? Parse(uri) : ParseQuery(callback, path: null);
    }

    /// <summary>From the address the browser was sent to (RFC 6749 §4.1.2).</summary>
    /// <param name="callback">The callback's address.</param>
    /// <exception cref="OAuthProtocolException">A parameter stands twice (RFC 6749 §3.1), or there is far too much.</exception>
    public static AuthorizationResponse Parse(Uri callback)
    {
        ArgumentNullException.ThrowIfNull(callback);
        return callback.IsAbsoluteUri ? ParseQuery(callback.Query, callback.AbsolutePath) : ParseRelative(callback.OriginalString);
    }

    /// <summary>From a form post (OAuth 2.0 Form Post Response Mode §2), or a query that something else has taken apart. Give each value, also repeated ones.</summary>
    /// <param name="parameters">Names and values, decoded.</param>
    /// <param name="address">Where it arrived; needed when registrations at several servers are told apart by their redirect URIs.</param>
    /// <exception cref="OAuthProtocolException">A parameter stands twice (RFC 6749 §3.1), or there is far too much.</exception>
    public static AuthorizationResponse Parse(IEnumerable<KeyValuePair<string, string>> parameters, Uri? address = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return FromPairs(parameters, address is { IsAbsoluteUri: true } ? address.AbsolutePath : null);
    }

    private static AuthorizationResponse ParseRelative(string address)
    {
        string[] parts = WithoutFragment(address).Split('?', 2);
        return ParseQuery(parts.Length == 2 ? parts[1] : "", path: null);
    }

    private static AuthorizationResponse ParseQuery(string query, string? path)
    {
        ValidateLength(query);
        return FromPairs(
            WithoutFragment(query)
                .TrimStart('?')
                .Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(part =>
                {
                    int equals = part.IndexOf('=', StringComparison.Ordinal);
                    return equals < 0
                        ? new KeyValuePair<string, string>(Decode(part), "")
                        : new KeyValuePair<string, string>(Decode(part[..equals]), Decode(part[(equals + 1)..]));
                }),
            path
        );
    }

    private static AuthorizationResponse FromPairs(IEnumerable<KeyValuePair<string, string>> pairs, string? path)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        int length = 0;
        foreach (var (name, value) in pairs)
        {
            length += name.Length + (value?.Length ?? 0);
            if (all.Count >= MaximumParameters || length > MaximumLength)
                throw new OAuthProtocolException(
                    $"The callback holds more than {MaximumParameters} parameters or {MaximumLength} characters; no authorization server sends that."
                );
            if (!all.TryAdd(name, value ?? ""))
            {
                throw new OAuthProtocolException(
                    $"The callback holds '{(Known(name) ? name : "a parameter")}' more than once; which one counts would be a guess (RFC 6749 §3.1)."
                );
            }
        }
        return new AuthorizationResponse(all, path);
    }

    private static void ValidateLength(string callback)
    {
        if (callback.Length > MaximumLength)
            throw new OAuthProtocolException(
                $"The callback is longer than {MaximumLength} characters; no authorization server sends that."
            );
    }

    private static string WithoutFragment(string address) => address.Split('#', 2)[0];

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static bool Known(string name) =>
        name
            is ParameterNames.Code
                or ParameterNames.State
                or ParameterNames.Issuer
                or ParameterNames.Error
                or ParameterNames.ErrorDescription
                or ParameterNames.ErrorUri
                or ParameterNames.Scope;
}
