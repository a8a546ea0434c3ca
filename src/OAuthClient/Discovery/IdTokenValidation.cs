using System.Text.Json;

namespace OAuthClient;

/// <summary>Validates an ID Token before anything that came with it is used (OpenID Connect Core §3.1.3.7).</summary>
internal sealed class IdTokenValidation(ServerKeys keys, TimeProvider time)
{
    /// <summary>Whether it is known what an ID Token of this server must look like. One that nobody asked for and nobody can check is left alone.</summary>
    public static bool IsPossible(AuthorizationServerMetadata server) => server is { Issuer: not null, JwksUri: not null };

    /// <summary>Has the keys at hand by the time a token comes. That they cannot be had just now is for that time to say.</summary>
    public Task PrepareAsync(AuthorizationServerMetadata server) =>
        IsPossible(server) ? keys.PrepareAsync(server.JwksUri!) : Task.CompletedTask;

    /// <exception cref="ProtocolViolationException">It is not to be believed; the message says why.</exception>
    public async Task<ValidatedIdToken> RequireAsync(
        IdToken token, ClientRegistration registration, AuthorizationServerMetadata server, string? nonce, CancellationToken cancellationToken)
    {
        if (!IsPossible(server))
        {
            throw new ProtocolViolationException(
                "The server sent an ID Token, but its issuer or its keys are not known, so it cannot be checked. Set Issuer (and JwksUri, when the endpoints are spelled out).");
        }
        var unverified = UnverifiedIdToken.Parse(token, registration.IdTokenSigningAlgorithms);
        await keys.RequireSignatureAsync(unverified, server.JwksUri!, cancellationToken).ConfigureAwait(false);
        string subject = IdTokenClaims.Require(unverified.Claims, server.Issuer!, registration.ClientId, nonce, time.GetUtcNow());
        return new ValidatedIdToken(token, subject, unverified.Claims);
    }
}

/// <summary>An ID Token that passed every check.</summary>
internal sealed record ValidatedIdToken(IdToken Token, string Subject, JsonElement Claims);
