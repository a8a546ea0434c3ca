using System.Globalization;
using System.Text;

namespace OAuthClient;

/// <summary>
/// What an API says about the token that a request carried, or should have (RFC 6750 §3): found in its 401 or 403 by
/// <see cref="BearerChallengeExtensions.FindBearerChallenge"/>. Untrusted: texts are made printable and cut at 256 characters; encode
/// them before you show them.
/// </summary>
public sealed class BearerChallenge
{
    private const int MaximumScopeLength = 256;

    private BearerChallenge(Dictionary<string, string> parameters, string[] sent)
    {
        Realm = Text("realm");
        Error = Text(ParameterNames.Error);
        ErrorDescription = Text(ParameterNames.ErrorDescription);
        ErrorUri = Text(ParameterNames.ErrorUri);
        Scopes = parameters.TryGetValue(ParameterNames.Scope, out string? scope)
            ? [.. ScopeList.Split(scope).Where(one => one.Length <= MaximumScopeLength && ScopeList.IsToken(one))]
            : [];
        AcrValues = Text(ParameterNames.AcrValues);
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

        string? Text(string name) => ServerTextSanitizer.Clean(parameters.GetValueOrDefault(name), sent);
    }

    /// <summary>What is protected.</summary>
    public string? Realm { get; }

    /// <summary>
    /// Why the request was refused: <c>invalid_token</c>, <c>insufficient_scope</c>, <c>invalid_request</c> (RFC 6750 §3.1) or
    /// <c>insufficient_user_authentication</c> (RFC 9470 §3); <see langword="null"/> when the API does not say.
    /// </summary>
    public string? Error { get; }

    /// <summary>The API's own words.</summary>
    public string? ErrorDescription { get; }

    /// <summary>Where the API says more.</summary>
    public string? ErrorUri { get; }

    /// <summary>Which scopes the request needs; empty when the API does not say.</summary>
    public IReadOnlyList<string> Scopes { get; }

    /// <summary>How the user must have signed in, best first, separated by spaces (RFC 9470 §3): for <see cref="AuthorizationParameters.AcrValues"/>.</summary>
    public string? AcrValues { get; }

    /// <summary>For how long the user's sign-in counts (RFC 9470 §3): for <see cref="AuthorizationParameters.MaxAge"/>.</summary>
    public TimeSpan? MaxAge { get; }

    /// <summary>Where the API describes itself (RFC 9728 §5.1), when that is https, or http on this machine.</summary>
    public Uri? ResourceMetadata { get; }

    /// <summary>Names the error and nothing else.</summary>
    public override string ToString() => Error is null ? "Bearer" : $"Bearer {Error}";

    internal static BearerChallenge? Find(HttpResponseMessage response)
    {
        var parameters = All(response).FirstOrDefault();
        return parameters is null ? null : new(parameters, Sent(response.RequestMessage));
    }

    /// <summary>Whether a challenge by Bearer says <c>invalid_token</c>, or no error at all: some servers never name one.</summary>
    internal static bool IndicatesInvalidToken(HttpResponseMessage response)
    {
        foreach (var parameters in All(response))
        {
            if (parameters.GetValueOrDefault(ParameterNames.Error) is null or ErrorCodes.InvalidToken)
                return true;
        }
        return false;
    }

    private static IEnumerable<Dictionary<string, string>> All(HttpResponseMessage response) =>
        from challenge in response.Headers.WwwAuthenticate
        where string.Equals(challenge.Scheme, "Bearer", StringComparison.OrdinalIgnoreCase)
        select Read(challenge.Parameter ?? "");

    // An API that quotes the token it got must not get it into a log.
    private static string[] Sent(HttpRequestMessage? request) =>
        request?.Headers.NonValidated.TryGetValues("Authorization", out var values) == true
            ? [.. values.Select(value => value[(value.IndexOf(' ', StringComparison.Ordinal) + 1)..]).Where(token => token.Length > 0)]
            : [];

    private static Dictionary<string, string> Read(string parameters)
    {
        var read = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string parameter in Parts(parameters))
        {
            int equals = parameter.IndexOf('=', StringComparison.Ordinal);
            // RFC 6750 §3: none stands twice; where one does, the first counts.
            if (equals > 0)
                read.TryAdd(parameter[..equals].Trim(), Unquoted(parameter[(equals + 1)..].Trim()));
        }
        return read;
    }

    // Commas part the parameters, except inside quotes.
    private static IEnumerable<string> Parts(string parameters)
    {
        int start = 0;
        bool quoted = false;
        for (int i = 0; i < parameters.Length; i++)
        {
            if (quoted && parameters[i] == '\\')
                i++;
            else if (parameters[i] == '"')
                quoted = !quoted;
            else if (parameters[i] == ',' && !quoted)
            {
                yield return parameters[start..i];
                start = i + 1;
            }
        }
        yield return parameters[start..];
    }

    // RFC 9110 §5.6.4
    private static string Unquoted(string value)
    {
        if (value is not ['"', ..])
            return value;
        var text = new StringBuilder(value.Length);
        for (int i = 1; i < value.Length && value[i] != '"'; i++)
        {
            if (value[i] == '\\' && i + 1 < value.Length)
                i++;
            text.Append(value[i]);
        }
        return text.ToString();
    }
}
