using System.Globalization;
using System.Text;

namespace OAuthClient;

/// <summary>
/// The key of an access token within a grant: its scopes and resources, length-prefixed so that different lists have different keys.
/// </summary>
internal sealed class AccessTokenKey
{
    /// <summary>The key of the token with all scopes that were granted.</summary>
    public static readonly AccessTokenKey Default = new([], []);

    public AccessTokenKey(IEnumerable<string> scopes, IEnumerable<string> resources)
    {
        Scopes = [.. ScopeList.Checked(scopes).Order(StringComparer.Ordinal)];
        Resources = [.. resources.Distinct().Order(StringComparer.Ordinal)];
        Key = Scopes.Count + Resources.Count == 0 ? "" : LengthPrefixed(Scopes) + LengthPrefixed(Resources);
    }

    public string Key { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }

    public static AccessTokenKey From(AccessTokenParameters? parameters) =>
        parameters is null || parameters.Scopes.Count + parameters.Resources.Count == 0
            ? Default
            : new(parameters.Scopes, ResourceIndicators.Checked(parameters.Resources));

    /// <summary>Writes a list so that no other list has the same text.</summary>
    public static string LengthPrefixed(IReadOnlyList<string> texts)
    {
        var key = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{texts.Count}:");
        foreach (string text in texts)
            key.Append(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
        return key.ToString();
    }
}
