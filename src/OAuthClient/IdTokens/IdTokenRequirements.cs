namespace OAuthClient;

/// <summary>What a request for tokens requires of the ID Token in the response.</summary>
internal sealed record IdTokenRequirements
{
    /// <summary>Gets a value indicating whether the request contained the scope <c>openid</c>.</summary>
    public bool IsRequested { get; init; }

    /// <summary>Gets the nonce that the token must contain; <see langword="null"/> if the request had none.</summary>
    public string? Nonce { get; init; }

    /// <summary>
    /// Gets a value indicating whether the request used PKCE (RFC 7636), which prevents the injection of a code where the nonce does not.
    /// </summary>
    public bool UsesPkce { get; init; }

    /// <summary>Gets the maximum time since the user was authenticated; <see langword="null"/> without a limit.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Gets the values of which <c>acr</c> must be one; empty if any is accepted.</summary>
    public IReadOnlyList<string> AcrValues { get; init; } = [];
}
