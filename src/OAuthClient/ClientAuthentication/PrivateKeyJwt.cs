namespace OAuthClient;

/// <summary>
/// Sends an assertion that the client's key signs (<c>private_key_jwt</c>, RFC 7523 §2.2), or one that the platform provides.
/// </summary>
internal sealed class PrivateKeyJwt(ClientConfiguration configuration) : IClientAuthentication
{
    public string InvalidClientAdvice =>
        ": check ClientId, and that the server has registered the public key of the client, with ClientAssertion.KeyId and for "
        + "ClientAssertion.Algorithm. If it has, it may expect another audience or type: see "
        + "ClientAssertion.Audience and ClientAssertion.TokenType. Check the clock of this machine.";

    public async ValueTask ApplyAsync(AuthenticatedRequest request, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        var settings = configuration.ClientAssertion;
        ClientAssertion.Add(
            request,
            configuration,
            settings.Provider is { } provide
                ? Checked(await provide(cancellationToken).ConfigureAwait(false))
                : await JwtWriter
                    .SignAsync(
                        settings.GetSigner(),
                        settings.TokenType,
                        ClientAssertion.Claims(request, configuration, server),
                        cancellationToken
                    )
                    .ConfigureAwait(false)
        );
    }

    private string Checked(string? assertion) =>
        string.IsNullOrWhiteSpace(assertion)
            ? throw new OAuthException(
                $"The function of UseClientAssertion returned no assertion for {configuration.DisplayName}, so no request was sent; return "
                    + "the assertion of the platform, or throw an exception that says why there is none."
            )
            : assertion;
}
