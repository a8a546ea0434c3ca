using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Asks the server who the user is, with the access token (OpenID Connect Core §5.3).</summary>
internal sealed class UserInfoEndpointClient(BackChannelClient backChannel, JwtSignatureValidator signatures, TimeProvider time)
{
    /// <param name="token">The user's access token.</param>
    /// <param name="subject">Whom the ID Token named; the answer must be about the same one (§5.3.2).</param>
    /// <param name="configuration">Who asks.</param>
    /// <param name="server">The authorization server.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EndpointException">The endpoint refused, or answered with something else than claims.</exception>
    /// <exception cref="OAuthProtocolException">The answer is about nobody, or about somebody else, or not signed by the server though it is a JWT.</exception>
    public async Task<UserInfo> GetAsync(
        AccessToken token,
        string? subject,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var endpoint =
            server.UserInfoEndpoint
            ?? throw new OAuthException($"{server.ServerId} names no userinfo endpoint; spell out UserInfoEndpoint if it has one.");
        var request = new BackChannelRequest("userinfo endpoint", endpoint)
        {
            Accept = "application/json, application/jwt",
            Authorization = token.AuthorizationHeader,
            Secrets = [token.Reveal()],
        };
        var response = await backChannel.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        if (response.IsSuccess && json is null && string.Equals(response.MediaType, "application/jwt", StringComparison.OrdinalIgnoreCase))
            json = await ReadAsync(response, configuration, server, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccess || json is not { } claims)
            throw new EndpointException(response.Failure(json));
        string answered =
            claims.Subject("userinfo answer")
            ?? throw new OAuthProtocolException(
                "The userinfo answer has no sub, so it does not say whom it is about (OpenID Connect Core §5.3.2)."
            );
        if (subject is not null && !string.Equals(answered, subject, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                "The userinfo answer is about another user than the ID Token (OpenID Connect Core §5.3.2); it was not used."
            );
        return new UserInfo(answered, claims, server.ServerId);
    }

    private async Task<JsonElement> ReadAsync(
        BackChannelResponse response,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        string compact = Encoding.UTF8.GetString(response.Body.Span).Trim();
        var jwt = await signatures.ReadAsync(compact, JwtType.UserInfo, configuration, server, cancellationToken).ConfigureAwait(false);
        IdTokenClaimsValidator.ValidateIfPresent(jwt, server, configuration.ClientId, time.GetUtcNow());
        return jwt.Claims;
    }
}
