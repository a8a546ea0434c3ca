using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// Validates the application's additional parameters of a request. Neither they nor the query of the endpoint may contain a parameter that
/// the library sets, under its standard name or under the server's name for it, and no parameter may occur twice (RFC 6749 §3.1, §3.2).
/// </summary>
/// <param name="request">The name of the request, for messages.</param>
/// <param name="source">What sets the reserved parameters, for messages.</param>
/// <param name="reserved">The names of the parameters that the library sets. They are compared without regard to case.</param>
internal sealed class AdditionalParameters(string request, string source, FrozenSet<string> reserved)
{
    /// <summary>Determines whether the library sets a parameter with this standard name.</summary>
    public bool Sets(string name) => reserved.Contains(name);

    /// <summary>Validates the query of the endpoint.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="further">The names of the additional parameters.</param>
    /// <param name="adaptation">The server's names of parameters.</param>
    /// <exception cref="OAuthProtocolException">The query of the endpoint contains a parameter of the request.</exception>
    public void ValidateEndpoint(Uri endpoint, IEnumerable<string> further, ServerAdaptation adaptation)
    {
        string query = endpoint.Query;
        if (query.Length <= 1)
            return;
        var taken = new HashSet<string>(further, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, _) in FormDecoder.Decode(query[1..]))
        {
            if (IsReserved(name, adaptation.ParameterNames) || !taken.Add(name))
            {
                throw new OAuthProtocolException(
                    $"The {request} endpoint {ServerTextSanitizer.WithoutQuery(endpoint)} has '{ServerTextSanitizer.Clean(name)}' in its "
                        + "own query, where it is reserved or would occur twice (RFC 6749 §3.1)."
                );
            }
        }
    }

    /// <summary>Validates the names of the additional parameters of one request.</summary>
    /// <param name="further">The parameters.</param>
    /// <param name="adaptation">The server's names of parameters.</param>
    /// <exception cref="ArgumentException">A name is reserved or empty.</exception>
    public void Validate(IEnumerable<KeyValuePair<string, string>> further, ServerAdaptation adaptation)
    {
        foreach (var (name, _) in further)
        {
            if (FindFailure(name, adaptation.ParameterNames) is { } failure)
                throw new ArgumentException(failure + ".", nameof(further));
        }
    }

    /// <summary>Finds what is wrong with the additional parameters of all requests, which the options contain.</summary>
    /// <param name="option">The name of the option.</param>
    /// <param name="further">The parameters.</param>
    /// <param name="parameterNames">The server's names of parameters.</param>
    /// <returns>Sentences without the final period.</returns>
    public IEnumerable<string> FindFailures(
        string option,
        IDictionary<string, string> further,
        IEnumerable<KeyValuePair<string, string>> parameterNames
    )
    {
        foreach (var (name, value) in further)
        {
            if (FindFailure(name, parameterNames) is { } failure)
                yield return $"{option}: {failure}; remove it";
            else if (value is null)
                yield return $"{option} has no value for '{name}'; set a text, or remove the name";
        }
    }

    /// <summary>Adds the parameters whose names the request does not have yet, so that those of the request take precedence.</summary>
    public static void AddMissing(List<KeyValuePair<string, string>> request, IReadOnlyList<KeyValuePair<string, string>> further)
    {
        int count = request.Count;
        foreach (var parameter in further)
        {
            bool isPresent = false;
            for (int i = 0; i < count && !isPresent; i++)
                isPresent = string.Equals(request[i].Key, parameter.Key, StringComparison.OrdinalIgnoreCase);
            if (!isPresent)
                request.Add(parameter);
        }
    }

    private string? FindFailure(string name, IEnumerable<KeyValuePair<string, string>> parameterNames) =>
        string.IsNullOrWhiteSpace(name) ? $"an additional {request} parameter has no name"
        : IsReserved(name, parameterNames)
            ? $"'{name}' cannot be an additional {request} parameter, because the library sets it from {source}"
        : null;

    // A server with names of its own would read a parameter twice that has the server's name.
    private bool IsReserved(string name, IEnumerable<KeyValuePair<string, string>> parameterNames) =>
        reserved.Contains(name)
        || parameterNames.Any(renamed =>
            reserved.Contains(renamed.Key) && string.Equals(renamed.Value, name, StringComparison.OrdinalIgnoreCase)
        );
}
