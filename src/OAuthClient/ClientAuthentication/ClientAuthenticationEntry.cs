namespace OAuthClient;

/// <summary>A method of client authentication.</summary>
/// <param name="Method">The method in the options.</param>
/// <param name="Names">The registered names (RFC 7591 §2, RFC 8705 §2), the preferred one first.</param>
/// <param name="Create">Creates the method for a client.</param>
/// <param name="Obstacle">
/// Returns why a client cannot use the method, as part of a sentence, or <see langword="null"/>. Without the delegate each client can.
/// </param>
/// <param name="NeedsSecret">Whether the method needs a client secret, which the server issues to a client that registers itself.</param>
internal sealed record ClientAuthenticationEntry(
    ClientAuthenticationMethod Method,
    IReadOnlyList<string> Names,
    Func<ClientConfiguration, IClientAuthentication> Create,
    Func<ClientConfiguration, string?>? Obstacle = null,
    bool NeedsSecret = false
)
{
    /// <summary>Returns why a client cannot use the method, apart from a missing secret.</summary>
    public string? FindObstacle(ClientConfiguration configuration) => Obstacle?.Invoke(configuration);

    /// <summary>Determines whether the profile of a client allows the method.</summary>
    public bool IsAllowedFor(ClientConfiguration configuration) => !configuration.UsesFapi2 || Fapi2Profile.Allows(Method);

    /// <summary>
    /// Determines whether a client may use the method. A client with a secret always sends it, unless the options state another method.
    /// </summary>
    public bool IsUsableBy(ClientConfiguration configuration) =>
        IsAllowedFor(configuration)
        && (
            configuration.ClientAuthentication is { } stated
                ? stated == Method
                : NeedsSecret == configuration.HasClientSecret && FindObstacle(configuration) is null
        );
}
