namespace OAuthClient;

/// <summary>Which access token of a grant is wanted, when not simply the one with everything that was granted.</summary>
public sealed class AccessTokenParameters
{
    /// <summary>Fewer scopes than were granted (RFC 6749 §6); all of them when empty.</summary>
    public IReadOnlyCollection<string> Scopes { get; init; } = [];

    /// <summary>For these protected resources only (RFC 8707 §2.2).</summary>
    public IReadOnlyCollection<Uri> Resources { get; init; } = [];

    /// <summary>A token that the API refused: another one is fetched, unless somebody has done so already.</summary>
    public AccessToken? RejectedToken { get; init; }
}
