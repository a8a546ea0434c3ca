using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// Validates the application's additional parameters of a front-channel request. Neither they nor the query of the endpoint may contain a
/// parameter that the library sets, and no parameter may occur twice (RFC 6749 §3.1).
/// </summary>
/// <param name="request">The name of the request, for messages.</param>
/// <param name="type">The type whose property holds the additional parameters.</param>
/// <param name="reserved">The names of the parameters that the library sets.</param>
internal sealed class AdditionalParameters(string request, string type, FrozenSet<string> reserved)
{
    /// <summary>Validates the query of the endpoint.</summary>
    /// <exception cref="OAuthProtocolException">The query of the endpoint contains a parameter of the request.</exception>
    public void ValidateEndpoint(Uri endpoint, IReadOnlyDictionary<string, string> further)
    {
        string query = endpoint.Query;
        if (query.Length <= 1)
            return;
        var taken = new HashSet<string>(further.Keys, StringComparer.OrdinalIgnoreCase);
        foreach (string part in query[1..].Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = Uri.UnescapeDataString(part.Split('=', 2)[0].Replace('+', ' '));
            if (reserved.Contains(name) || !taken.Add(name))
            {
                throw new OAuthProtocolException(
                    $"The {request} endpoint {ServerTextSanitizer.WithoutQuery(endpoint)} has '{ServerTextSanitizer.Clean(name)}' in its "
                        + "own query, where it is reserved or would occur twice (RFC 6749 §3.1)."
                );
            }
        }
    }

    /// <summary>Validates the names of the additional parameters.</summary>
    /// <exception cref="ArgumentException">A name is reserved or empty.</exception>
    public void Validate(IReadOnlyDictionary<string, string> further)
    {
        if (further.Count == 0)
            return;
        foreach (string name in further.Keys)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw new ArgumentException($"An additional {request} parameter has no name.", nameof(further));
            if (reserved.Contains(name))
            {
                throw new ArgumentException(
                    $"'{name}' cannot be an additional {request} parameter: the library sets it from the options or from a property of "
                        + $"{type}.",
                    nameof(further)
                );
            }
        }
    }
}
