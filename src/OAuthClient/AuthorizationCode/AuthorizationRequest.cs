namespace OAuthClient;

/// <summary>An authorization request that is not encoded yet (RFC 6749 §4.1.1).</summary>
/// <param name="Endpoint">The authorization endpoint. It may have a query of its own.</param>
/// <param name="Parameters">The parameters by their names at the server.</param>
/// <param name="Pending">The pending authorization, which has no address yet.</param>
internal readonly record struct AuthorizationRequest(
    Uri Endpoint,
    List<KeyValuePair<string, string>> Parameters,
    PendingAuthorization Pending
)
{
    /// <summary>Gets the parameters in the signed request object; <see langword="null"/> if there is none (RFC 9101).</summary>
    public IReadOnlyList<KeyValuePair<string, string>>? SignedParameters { get; init; }
}
