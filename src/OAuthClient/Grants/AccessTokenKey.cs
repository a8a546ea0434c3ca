using System.Globalization;
using System.Text;

namespace OAuthClient;

/// <summary>Under which key a grant keeps an access token: (scopes, resources), each length-prefixed so that no two can be mistaken for one another.</summary>
internal sealed class AccessTokenKey
{
    /// <summary>Everything that was granted.</summary>
    public static readonly AccessTokenKey Default = new([], []);

    public AccessTokenKey(IEnumerable<string> scopes, IEnumerable<string> resources)
    {
        Scopes = [.. ScopeList.Checked(scopes).Order(StringComparer.Ordinal)];
        Resources = [.. resources.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        Key = Scopes.Count + Resources.Count == 0 ? "" : LengthPrefixed(Scopes) + LengthPrefixed(Resources);
    }

    public string Key { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }

    public static AccessTokenKey From(AccessTokenParameters? parameters) =>
        parameters is null || parameters.Scopes.Count + parameters.Resources.Count == 0
            ? Default
            : new(parameters.Scopes, ResourceIndicators.Checked(parameters.Resources));

    /// <summary>So that no two lists have the same text.</summary>
    public static string LengthPrefixed(IReadOnlyList<string> texts)
    {
        var key = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{texts.Count}:");
        foreach (string text in texts)
            key.Append(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
        return key.ToString();
    }
}
