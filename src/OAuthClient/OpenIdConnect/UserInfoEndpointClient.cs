using System.Text;
using System.Text.Json;

namespace OAuthClient;

/// <summary>Sends userinfo requests with the user's access token (OpenID Connect Core §5.3).</summary>
internal sealed class UserInfoEndpointClient(EndpointClient endpoints, JwtSignatureValidator signatures, TimeProvider time)
{
    /// <summary>Sends a userinfo request and validates the response.</summary>
    /// <param name="token">The user's access token.</param>
    /// <param name="subject">The subject of the ID Token, which the response must name (§5.3.2), or <see langword="null"/>.</param>
    /// <param name="configuration">The client.</param>
    /// <param name="server">The authorization server.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The claims about the user.</returns>
    /// <exception cref="EndpointException">The endpoint refused the request, or its response contains no claims.</exception>
    /// <exception cref="OAuthProtocolException">
    /// The response names no subject or another subject, or it is a JWT that is not valid.
    /// </exception>
    /// <exception cref="OAuthException">The server has no userinfo endpoint.</exception>
    public async Task<UserInfo> GetAsync(
        AccessToken token,
        string? subject,
        ClientConfiguration configuration,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var request = new BackChannelRequest(ServerEndpoint.UserInfo, server) { Accept = "application/json, application/jwt" };
        var response = await endpoints.SendWithTokenAsync(request, token.Reveal(), configuration, cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        if (response.IsSuccess && json is null && string.Equals(response.MediaType, "application/jwt", StringComparison.OrdinalIgnoreCase))
            json = await ReadJwtAsync(response, configuration, server, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccess || json is not { } claims)
            throw new EndpointException(response.Failure(json));
        string responseSubject =
            claims.Subject("userinfo response")
            ?? throw new OAuthProtocolException(
                "The userinfo response has no sub, so it does not identify the user (OpenID Connect Core §5.3.2)."
            );
        if (subject is not null && !string.Equals(responseSubject, subject, StringComparison.Ordinal))
            throw new OAuthProtocolException(
                "The userinfo response describes another user than the ID Token (OpenID Connect Core §5.3.2) and was discarded."
            );
        return new UserInfo(responseSubject, claims, server.ServerId);
    }

    private async Task<JsonElement> ReadJwtAsync(
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
