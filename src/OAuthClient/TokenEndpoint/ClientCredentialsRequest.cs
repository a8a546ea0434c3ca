namespace OAuthClient;

/// <summary>A token request by which the client obtains an access token for itself (RFC 6749 §4.4.2).</summary>
internal sealed class ClientCredentialsRequest : TokenRequest
{
    private readonly IReadOnlyList<KeyValuePair<string, string>> parameters;

    /// <param name="scopes">The scopes; <see langword="null"/> if the server chooses them.</param>
    /// <param name="resources">The protected resources.</param>
    /// <param name="parameters">The further parameters of this request.</param>
    /// <exception cref="ArgumentException">A parameter is reserved or malformed.</exception>
    public ClientCredentialsRequest(
        IReadOnlyList<string>? scopes,
        IReadOnlyList<string> resources,
        IReadOnlyList<KeyValuePair<string, string>>? parameters = null
    )
        : base("client_credentials", scopes, resources)
    {
        this.parameters = parameters ?? [];
        ReservedParameters.Token.Validate(this.parameters, ServerAdaptation.None);
    }

    internal override IEnumerable<KeyValuePair<string, string>> Parameters() => parameters;

    internal override RetryMode RetryMode => RetryMode.Idempotent;

    internal override bool AffectsOtherRequests => true;

    internal override void EnsureAllowed(ClientConfiguration configuration)
    {
        // §4.4: MUST only be used by confidential clients.
        if (!configuration.IsConfidential)
            throw new OAuthException(
                $"The client credentials grant requires a confidential client (RFC 6749 §4.4); set ClientSecret for "
                    + $"{configuration.DisplayName}, or set a certificate with UseClientCertificate."
            );
        ReservedParameters.Token.Validate(parameters, configuration.Adaptation);
    }
}
