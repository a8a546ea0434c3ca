using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// What a developer adds to a front-channel request, and what its endpoint has in its own query: neither may stand for a parameter that the
/// library sets, and none may stand twice (RFC 6749 §3.1).
/// </summary>
/// <param name="request">Which request, for messages.</param>
/// <param name="type">The type that the developer sets them by.</param>
/// <param name="reserved">The names that are the library's.</param>
internal sealed class AdditionalParameters(string request, string type, FrozenSet<string> reserved)
{
    /// <exception cref="OAuthProtocolException">The endpoint's own query collides with the request.</exception>
    public QueryStringBuilder Begin(Uri endpoint, IReadOnlyDictionary<string, string> further, Span<char> buffer)
    {
        string own = endpoint.Query;
        if (own.Length <= 1)
            return new(
                own.Length + endpoint.Fragment.Length == 0 ? endpoint.AbsoluteUri : endpoint.GetLeftPart(UriPartial.Path),
                hasQuery: false,
                buffer
            );
        var taken = new HashSet<string>(further.Keys, StringComparer.OrdinalIgnoreCase);
        foreach (string part in own[1..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = Uri.UnescapeDataString(part.Split('=', 2)[0].Replace('+', ' '));
            if (reserved.Contains(name) || !taken.Add(name))
            {
                throw new OAuthProtocolException(
                    $"The {request} endpoint {ServerTextSanitizer.WithoutQuery(endpoint)} has '{ServerTextSanitizer.Clean(name)}' in its own query, where it must not stand or would stand twice (RFC 6749 §3.1)."
                );
            }
        }
        return new(endpoint.GetLeftPart(UriPartial.Query), hasQuery: true, buffer);
    }

    /// <exception cref="ArgumentException">A name is reserved, or missing.</exception>
    public void Require(IReadOnlyDictionary<string, string> further)
    {
        foreach (string name in further.Keys)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentException($"An additional {request} parameter has no name.", nameof(further));
            if (reserved.Contains(name))
            {
                throw new ArgumentException(
                    $"'{name}' cannot be an additional {request} parameter: the library sets it, from the options or from {type}' own properties.",
                    nameof(further)
                );
            }
        }
    }

    /// <exception cref="ArgumentException">A name is reserved, or missing.</exception>
    public void Add(ref QueryStringBuilder query, IReadOnlyDictionary<string, string> further)
    {
        if (further.Count == 0)
            return;
        Require(further);
        foreach (var (name, value) in further)
            query.Add(Uri.EscapeDataString(name), value);
    }
}
