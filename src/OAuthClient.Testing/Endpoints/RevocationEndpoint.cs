namespace OAuthClient.Testing;

/// <summary>The revocation endpoint (RFC 7009 §2).</summary>
internal sealed class RevocationEndpoint(ServerState server)
{
    public Reply Answer(RecordedRequest request) =>
        AuthenticatedEndpoint.Answer(
            request,
            server,
            (client, form) =>
            {
                server.Grants.Revoke(form["token"] ?? throw OAuthErrorException.InvalidRequest("The token is missing."), client);
                return new Reply(200).NotStored();
            }
        );
}
