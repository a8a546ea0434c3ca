using Microsoft.AspNetCore.WebUtilities;

namespace OAuthClient.Testing;

/// <summary>The parameters of a query or a form in the order sent, including repeated parameters.</summary>
internal sealed class FormParameters(IReadOnlyList<KeyValuePair<string, string>> pairs)
{
    public static FormParameters None { get; } = new([]);

    public static FormParameters Parse(string encoded)
    {
        List<KeyValuePair<string, string>> pairs = [];
        foreach (QueryStringEnumerable.EncodedNameValuePair pair in new QueryStringEnumerable(encoded))
            pairs.Add(new(pair.DecodeName().ToString(), pair.DecodeValue().ToString()));
        return new(pairs);
    }

    /// <summary>The value, or null if the parameter is absent or has no value (RFC 6749 §3.1).</summary>
    public string? this[string name] => pairs.FirstOrDefault(pair => pair.Key == name).Value is { Length: > 0 } value ? value : null;

    public bool Contains(string name) => pairs.Any(pair => pair.Key == name);

    public IReadOnlyList<string> All(string name) => [.. pairs.Where(pair => pair.Key == name).Select(pair => pair.Value)];

    /// <summary>
    /// Returns the name of a repeated parameter, which is an error (RFC 6749 §3.1) except for <c>resource</c> (RFC 8707 §2).
    /// </summary>
    public string? Repeated() =>
        pairs.GroupBy(pair => pair.Key, StringComparer.Ordinal).FirstOrDefault(group => group.Key != "resource" && group.Count() > 1)?.Key;

    public Dictionary<string, string> Joined() =>
        pairs
            .GroupBy(pair => pair.Key, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => string.Join(',', group.Select(pair => pair.Value)), StringComparer.Ordinal);

    /// <summary>Returns the parameters without those that authenticate the client.</summary>
    public IEnumerable<KeyValuePair<string, string>> WithoutCredentials() =>
        pairs.Where(pair => pair.Key is not ("client_secret" or "client_assertion" or "client_assertion_type" or "request"));
}
