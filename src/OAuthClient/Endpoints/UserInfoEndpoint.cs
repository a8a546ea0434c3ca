namespace OAuthClient;

/// <summary>Asks the server who the user is, with the access token (OpenID Connect Core §5.3).</summary>
internal sealed class UserInfoEndpoint(BackChannel backChannel)
{
    /// <param name="token">The user's access token.</param>
    /// <param name="subject">Whom the ID Token named; the answer must be about the same one (§5.3.2).</param>
    /// <param name="server">The authorization server.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EndpointException">The endpoint refused, or answered with something else than claims.</exception>
    /// <exception cref="ProtocolViolationException">The answer is about nobody, or about somebody else.</exception>
    public async Task<UserInfo> GetAsync(AccessToken token, string? subject, AuthorizationServerMetadata server, CancellationToken cancellationToken)
    {
        var endpoint = server.UserInfoEndpoint ?? throw new OAuthException(
            $"{server.Identity} names no userinfo endpoint; spell out UserInfoEndpoint if it has one.");
        var request = new BackChannelRequest("userinfo endpoint", endpoint)
        {
            Authorization = token.AuthorizationHeader,
            Secrets = [token.Reveal()],
        };
        var response = await backChannel.SendAsync(request, cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        if (!response.IsSuccess || json is not { } claims)
            throw new EndpointException(response.Failure(json));
        string answered = claims.Text("sub") ?? throw new ProtocolViolationException("The userinfo answer has no sub, so it does not say whom it is about (OpenID Connect Core §5.3.2).");
        if (subject is not null && !string.Equals(answered, subject, StringComparison.Ordinal))
            throw new ProtocolViolationException("The userinfo answer is about another user than the ID Token (OpenID Connect Core §5.3.2); it was not used.");
        return new UserInfo(answered, claims);
    }
}
