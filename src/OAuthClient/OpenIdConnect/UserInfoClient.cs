using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace OAuthClient;

/// <summary>
/// Requests the claims of a grant's owner with the owner's access token (OpenID Connect Core §5.3), and relates them to the owner.
/// </summary>
internal sealed class UserInfoClient(
    ClientConfigurationProvider configuration,
    ServerMetadataCache metadata,
    AccessTokenProvider tokens,
    EndpointClient endpoints,
    JwtSignatureValidator signatures,
    IGrantStore store,
    TimeProvider time,
    ILogger logger
)
{
    /// <inheritdoc cref="IOAuthClient.GetUserInfoAsync"/>
    public async Task<UserInfo> GetAsync(GrantOwner owner, AccessTokenParameters? parameters, CancellationToken cancellationToken)
    {
        var selection = AccessTokenKey.From(parameters);
        var (token, info) = await TryGetAsync(owner, selection, parameters?.RejectedToken, cancellationToken).ConfigureAwait(false);
        if (info is not null)
            return info;
        // The server no longer accepts the token, for example because it was revoked (RFC 6750 §3.1). Another one is requested once.
        (_, info) = await TryGetAsync(owner, selection, rejected: token, cancellationToken).ConfigureAwait(false);
        return info!;
    }

    /// <summary>
    /// Finds the account of a new grant with its first access token. The code is already used, so a failure is logged, and nothing is
    /// cancelled.
    /// </summary>
    /// <param name="token">The access token.</param>
    /// <param name="subject">The subject of the ID Token; <see langword="null"/> if there is none.</param>
    /// <param name="current">The configuration of the operation.</param>
    /// <param name="server">The metadata of the server.</param>
    public async Task<GrantAccount?> FindAccountAsync(
        AccessToken token,
        string? subject,
        ClientConfiguration current,
        AuthorizationServerMetadata server
    )
    {
        try
        {
            return (await SendAsync(token, subject, current, server, CancellationToken.None).ConfigureAwait(false)).Account;
        }
        catch (Exception exception) when (exception is OAuthException or HttpRequestException or OperationCanceledException)
        {
            Log.AccountNotFetched(logger, current.Name, exception.GetType().Name);
            return null;
        }
    }

    /// <returns>The token that was sent; and the claims, or <see langword="null"/> if the server rejected the first token.</returns>
    private async Task<(AccessToken Token, UserInfo? Info)> TryGetAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        AccessToken? rejected,
        CancellationToken cancellationToken
    )
    {
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        AccessToken token;
        ClientConfiguration started;
        do
        {
            started = current;
            token = await tokens.GetAsync(owner, selection, AccessTokenRejection.Of(rejected), cancellationToken).ConfigureAwait(false);
            current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
            // After a reload of the options, the token may be of another server than the endpoint.
        } while (!ReferenceEquals(started, current));
        var grants = await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var usable = grants.Where(grant => GrantOwnership.IsUsable(grant, current, owner) && grant.IsChosenBy(selection)).ToList();
        // The grant with this token, because another grant of the owner may name another account; or the newest grant, if a refresh has
        // just replaced the token.
        var grant = usable.Find(grant => token.Equals(grant.Find(selection.Key))) ?? usable.FirstOrDefault();
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        if (grant is null)
            throw current.CreateReauthorizationRequired("the grant was ended or replaced meanwhile");
        UserInfo info;
        try
        {
            info = await SendAsync(token, grant.Subject, current, server, cancellationToken).ConfigureAwait(false);
        }
        catch (EndpointException refusal)
            when (rejected is null && refusal.StatusCode == HttpStatusCode.Unauthorized && grant.CanRefresh && !token.ReplacesRejected)
        {
            return (token, null);
        }
        // Not the owner of the grant, because a user of the application may have connected accounts of several subjects.
        info.OwnerClaims = UserInfoOwner(grant, info, server)?.ToClaims(info.Issuer);
        return (token, info);
    }

    // The response must name the subject of the ID Token (§5.3.2).
    private async Task<UserInfo> SendAsync(
        AccessToken token,
        string? subject,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        var request = new BackChannelRequest(ServerEndpoint.UserInfo, server) { Accept = "application/json, application/jwt" };
        var response = await endpoints.SendWithTokenAsync(request, token, current, cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        if (response.IsSuccess && json is null && string.Equals(response.MediaType, "application/jwt", StringComparison.OrdinalIgnoreCase))
            json = await ReadJwtAsync(response, current, server, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccess || json is not { } claims)
            throw new EndpointException(response.Failure(json));
        // Where the path leads nowhere, UserIdMember at the top can be the number of something else.
        var found = current.Adaptation.FindUserInfo(claims);
        claims = found ?? claims;
        string responseSubject =
            claims.Subject("userinfo response")
            ?? (found is not null && current.Adaptation.UserIdMember is { } member ? GrantAccount.IdOf(claims, member) : null)
            ?? throw new OAuthProtocolException(
                "The userinfo response has no sub, so it does not identify the user (OpenID Connect Core §5.3.2). If this server names the "
                    + "user by another member, such as id, set Adaptation.UserIdMember, and UserInfoPath if it is not at the top."
            );
        if (subject is not null && responseSubject != subject)
            throw new OAuthProtocolException(
                "The userinfo response describes another user than the ID Token (OpenID Connect Core §5.3.2) and was discarded."
            );
        return new UserInfo(responseSubject, claims, server.ServerId);
    }

    private async Task<JsonElement> ReadJwtAsync(
        BackChannelResponse response,
        ClientConfiguration current,
        AuthorizationServerMetadata server,
        CancellationToken cancellationToken
    )
    {
        string compact = Encoding.UTF8.GetString(response.Body.Span).Trim();
        var jwt = await signatures.ReadAsync(compact, JwtType.UserInfo, current, server, cancellationToken).ConfigureAwait(false);
        IdTokenClaimsValidator.ValidateIfPresent(jwt, server, current.ClientId, current.Read(time));
        return jwt.Claims;
    }

    // All tenants share the issuer of the metadata, but the same subject at two tenants is two users (OpenID Connect Core §5.7).
    private static GrantOwner? UserInfoOwner(Grant grant, UserInfo info, AuthorizationServerMetadata server) =>
        server.IssuerTemplate is not { } template || grant.IdToken is not null ? GrantOwner.Subject(grant.Issuer, info.Subject)
        : grant.OwnerIssuerOf(template) is not null && grant.Owner.Id == info.Subject ? grant.Owner
        : null;
}
