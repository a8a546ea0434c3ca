using System.Globalization;
using System.Text;

namespace OAuthClient;

/// <summary>
/// The key of an access token within a grant: its scopes and resources, length-prefixed so that different lists have different keys, and a
/// hash of its authorization details. It can also name the grant.
/// </summary>
internal sealed class AccessTokenKey
{
    /// <summary>The key of the token with all scopes that were granted.</summary>
    public static readonly AccessTokenKey Default = new([], []);

    public AccessTokenKey(
        IEnumerable<string> scopes,
        IEnumerable<string> resources,
        string? grantId = null,
        AuthorizationDetails? details = null
    )
    {
        GrantId = grantId;
        Scopes = [.. ScopeList.Checked(scopes).Order(StringComparer.Ordinal)];
        Resources = [.. resources.Distinct().Order(StringComparer.Ordinal)];
        AuthorizationDetails = details;
        Key =
            Scopes.Count + Resources.Count == 0 && details is null
                ? ""
                : LengthPrefixed(Scopes) + LengthPrefixed(Resources) + (details is null ? "" : Fingerprint.Of(details.ToJson()));
        IsDefault = Key.Length == 0 && grantId is null;
    }

    private AccessTokenKey(AccessTokenKey selection, string grantId) =>
        (GrantId, Scopes, Resources, AuthorizationDetails, Key) = (
            grantId,
            selection.Scopes,
            selection.Resources,
            selection.AuthorizationDetails,
            selection.Key
        );

    public string Key { get; }
    public IReadOnlyList<string> Scopes { get; }
    public IReadOnlyList<string> Resources { get; }

    /// <summary>Gets the authorization details; <see langword="null"/> for those of the grant or the client.</summary>
    public AuthorizationDetails? AuthorizationDetails { get; }

    /// <summary>Gets the id of the grant; <see langword="null"/> if any grant of the owner may be used.</summary>
    public string? GrantId { get; }

    /// <summary>Gets a value indicating whether the token with all scopes of the owner's newest grant is selected.</summary>
    public bool IsDefault { get; }

    /// <summary>Returns the key of the same scopes and resources for one grant.</summary>
    public AccessTokenKey Of(string grantId) => new(this, grantId);

    public static AccessTokenKey From(AccessTokenParameters? parameters) =>
        parameters is null
        || (parameters is { GrantId: null, AuthorizationDetails: null } && parameters.Scopes.Count + parameters.Resources.Count == 0)
            ? Default
            : new(parameters.Scopes, ResourceIndicators.Checked(parameters.Resources), parameters.GrantId, parameters.AuthorizationDetails);

    /// <summary>Writes a list so that no other list has the same text.</summary>
    public static string LengthPrefixed(IReadOnlyList<string> texts)
    {
        var key = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{texts.Count}:");
        foreach (string text in texts)
            key.Append(CultureInfo.InvariantCulture, $"{text.Length}:{text}");
        return key.ToString();
    }
}
