using System.Globalization;
using System.Text;

namespace OAuthClient;

/// <summary>Under which key a grant keeps an access token: (scopes, resources), each length-prefixed so that no two can be mistaken for one another.</summary>
internal sealed class TokenSelection
{
    /// <summary>Everything that was granted.</summary>
    public static readonly TokenSelection Everything = new([], []);

    public TokenSelection(IEnumerable<string> scopes, IEnumerable<string> resources)
    {
        Scopes = [.. scopes.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Resources = [.. resources.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (Scopes.FirstOrDefault(scope => !ScopeText.IsToken(scope)) is { } bad)
            throw new ArgumentException($"The scope '{bad}' holds a space or another character that no scope may have (RFC 6749 §3.3).", nameof(scopes));
        Key = Scopes.Count + Resources.Count == 0 ? "" : Prefixed(Scopes) + Prefixed(Resources);
    }

    public string Key { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }

    public static TokenSelection From(AccessTokenParameters? parameters) =>
        parameters is null || parameters.Scopes.Count + parameters.Resources.Count == 0
            ? Everything
            : new(parameters.Scopes, parameters.Resources.Select(resource => resource.OriginalString));

    public bool IsCoveredBy(Grant grant) =>
        ScopeText.Covers(grant.Scopes, Scopes)
        && (grant.Resources.Count == 0 || Resources.All(resource => grant.Resources.Contains(resource, StringComparer.Ordinal)));

    private static string Prefixed(IReadOnlyList<string> texts)
    {
        var key = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{texts.Count}:");
        foreach (string text in texts)
            key.Append(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
        return key.ToString();
    }
}
