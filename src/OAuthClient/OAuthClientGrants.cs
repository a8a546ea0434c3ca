namespace OAuthClient;

/// <summary>
/// Manages the grants of one client beyond what <see cref="IOAuthClient"/> offers: several accounts of one user, tokens from elsewhere, and
/// single tokens. <c>AddOAuthClient</c> registers it together with <see cref="IOAuthClient"/>, under the same name. All members are
/// thread-safe.
/// </summary>
/// <example>
/// A user connected several accounts at one server. The application lists them, calls the API for one, and disconnects another.
/// <code language="csharp"><![CDATA[
/// using Microsoft.Extensions.DependencyInjection;
/// using OAuthClient;
///
/// var services = new ServiceCollection();
/// services.AddOAuthClient(o =>
/// {
///     o.Issuer = new Uri("https://accounts.example.com");
///     o.ClientId = "12345";
/// });
/// await using var provider = services.BuildServiceProvider();
/// var client = provider.GetRequiredService<IOAuthClient>();
/// var grants = provider.GetRequiredService<OAuthClientGrants>();
/// var user = GrantOwner.User("alice");
///
/// foreach (Grant grant in await grants.ListAsync(user))
/// {
///     Console.WriteLine($"Connected as {grant.Account?.Name}.");
///     AccessToken token = await client.GetAccessTokenAsync(user, new AccessTokenParameters { GrantId = grant.Id });
///     if (!token.Scopes.Contains("photos.read"))
///         await grants.RevokeAsync(grant);
/// }
/// ]]></code>
/// </example>
public sealed class OAuthClientGrants
{
    private readonly ClientConfigurationProvider configuration;
    private readonly ServerMetadataCache metadata;
    private readonly AccessTokenProvider tokens;
    private readonly IdTokenValidator idTokens;
    private readonly GrantIssuer issuer;
    private readonly GrantRevoker revoker;
    private readonly RevocationEndpointClient revocation;
    private readonly IGrantStore store;
    private readonly TimeProvider time;

    internal OAuthClientGrants(
        ClientConfigurationProvider configuration,
        ServerMetadataCache metadata,
        AccessTokenProvider tokens,
        IdTokenValidator idTokens,
        GrantIssuer issuer,
        GrantRevoker revoker,
        RevocationEndpointClient revocation,
        IGrantStore store,
        TimeProvider time
    )
    {
        (this.configuration, this.metadata, this.tokens, this.idTokens) = (configuration, metadata, tokens, idTokens);
        (this.issuer, this.revoker, this.revocation, this.store, this.time) = (issuer, revoker, revocation, store, time);
    }

    /// <summary>Gets the client's name in <c>AddOAuthClient</c>; empty for the unnamed client.</summary>
    public string ClientName => configuration.Name;

    /// <summary>Lists the owner's grants that can be used: of this client, at this server, and not ended.</summary>
    /// <remarks>The server may have ended a grant; only its use shows that.</remarks>
    /// <param name="owner">A resource owner.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The grants, newest first.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself.</exception>
    public async Task<IReadOnlyList<Grant>> ListAsync(GrantOwner owner, CancellationToken cancellationToken = default)
    {
        owner.EnsureResourceOwner();
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var grants = await store.FindAsync(current.Name, owner, cancellationToken).ConfigureAwait(false);
        var now = time.GetUtcNow();
        return [.. grants.Where(grant => GrantOwnership.IsUsable(grant, current, owner) && !grant.HasEnded(now))];
    }

    /// <summary>Stores a grant with tokens that another program obtained, such as one that the application replaces.</summary>
    /// <remarks>
    /// No request is sent. The first use of the grant sends the refresh token, and <see cref="RefreshAsync"/> does so at once. The other
    /// program must not use the refresh token any more: the server can treat that as reuse, and revoke the grant (RFC 9700 §4.14). The
    /// grant replaces earlier grants of the owner as a new authorization does.
    /// </remarks>
    /// <param name="owner">The owner of the grant.</param>
    /// <param name="import">The tokens, and what is known about them.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests. A grant that is being stored is stored.</param>
    /// <returns>The stored grant.</returns>
    /// <exception cref="ArgumentException">The owner is the client itself, or a value is malformed.</exception>
    public async Task<Grant> ImportGrantAsync(GrantOwner owner, GrantImport import, CancellationToken cancellationToken = default)
    {
        owner.EnsureResourceOwner();
        ArgumentNullException.ThrowIfNull(import);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        return await issuer.ImportAsync(owner, import, current, server, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Stores a grant with the response of <see cref="IOAuthClient.RequestTokenAsync"/>, so that its tokens are kept and refreshed. An ID
    /// Token in it is validated first (OpenID Connect Core §3.1.3.7).
    /// </summary>
    /// <param name="owner">The owner of the grant.</param>
    /// <param name="response">A response that this client received.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The stored grant.</returns>
    /// <exception cref="ArgumentException">
    /// The owner is the client itself, or the response is one of another client or server.
    /// </exception>
    /// <exception cref="OAuthProtocolException">The ID Token is not valid, or names another user than the owner.</exception>
    public async Task<Grant> CreateGrantAsync(GrantOwner owner, TokenResponse response, CancellationToken cancellationToken = default)
    {
        owner.EnsureResourceOwner();
        ArgumentNullException.ThrowIfNull(response);
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        if (response.Recipient != (current.ServerId, current.ClientId))
            throw new ArgumentException(
                $"The token response is not one that {current.DisplayName} received from RequestTokenAsync; its tokens belong to another "
                    + "client or server.",
                nameof(response)
            );
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        // No browser brought a code, so none can be injected.
        IdTokenRequirements requirements = new() { UsesPkce = true };
        var identity = await idTokens.ValidateAsync(response, requirements, current, server, cancellationToken).ConfigureAwait(false);
        return await issuer
            .IssueAsync(
                new(response, identity, current, server)
                {
                    Owner = owner,
                    Resources = response.AccessToken.Resources,
                    LogoutSequence = response.LogoutSequence,
                }
            )
            .ConfigureAwait(false);
    }

    /// <summary>
    /// Replaces the access token although it has not expired, for example after the user's rights at the server changed (RFC 6749 §6).
    /// Concurrent callers share one request.
    /// </summary>
    /// <param name="owner">A resource owner who completed an authorization, or <see cref="GrantOwner.Client"/>.</param>
    /// <param name="parameters">Selects a token other than the one with all granted scopes.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; the refresh continues for other callers.
    /// </param>
    /// <returns>The new access token.</returns>
    /// <exception cref="ReauthorizationRequiredException">
    /// There is no grant, it has no refresh token, or the server rejected the refresh token.
    /// </exception>
    /// <exception cref="TokenEndpointException">The server refused the request.</exception>
    public async Task<AccessToken> RefreshAsync(
        GrantOwner owner,
        AccessTokenParameters? parameters = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(owner);
        var selection = AccessTokenKey.From(parameters);
        var replaced = parameters?.RejectedToken ?? await FindTokenAsync(owner, selection, cancellationToken).ConfigureAwait(false);
        return await tokens.GetAsync(owner, selection, AccessTokenRejection.Of(replaced), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Removes one grant from the store and revokes its tokens at the server (RFC 7009). The owner's other grants stay.</summary>
    /// <remarks>
    /// Many servers end all grants of the same user and client when one of them is revoked (RFC 7009 §2.1), which the next use of another
    /// grant then shows.
    /// </remarks>
    /// <param name="grant">The grant.</param>
    /// <param name="cancellationToken">
    /// The token to monitor for cancellation requests. A cancelled call stops waiting; a revocation that has begun continues.
    /// </param>
    /// <returns>A task that completes when the grant is removed and revoked.</returns>
    /// <exception cref="ArgumentException">The grant is one of another client.</exception>
    /// <exception cref="EndpointException">The server refused the revocation; the grant is removed nevertheless.</exception>
    public async Task RevokeAsync(Grant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(grant);
        if (grant.ClientName != configuration.Name)
            throw new ArgumentException(
                $"The grant belongs to {ClientDisplayName.Of(grant.ClientName)}; revoke it with the OAuthClientGrants of this client.",
                nameof(grant)
            );
        var current = await configuration.TryGetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        await revoker.RevokeAsync(grant.Owner, stored => stored.Id == grant.Id, current, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Revokes one token at the server (RFC 7009 §2.1): one that <see cref="IOAuthClient.RequestTokenAsync"/> returned, or an access token
    /// of the client itself, which is then not used any more.
    /// </summary>
    /// <remarks>
    /// Grants in the store do not change. To end a grant, call <see cref="RevokeAsync"/>: a server may end the grant with one of its
    /// tokens.
    /// </remarks>
    /// <param name="token">The access token or refresh token.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the server has revoked the token.</returns>
    /// <exception cref="EndpointException">The server refused the revocation.</exception>
    /// <exception cref="OAuthException">The server has no revocation endpoint.</exception>
    public async Task RevokeTokenAsync(Secret token, CancellationToken cancellationToken = default)
    {
        if (token is not (AccessToken or RefreshToken))
        {
            ArgumentNullException.ThrowIfNull(token);
            throw new ArgumentException("Only an access token or a refresh token can be revoked (RFC 7009 §2.1).", nameof(token));
        }
        var current = await configuration.GetRegisteredAsync(cancellationToken).ConfigureAwait(false);
        var server = await metadata.FindAsync(current, cancellationToken).ConfigureAwait(false);
        // First, so that the token is not sent to an API although the answer of the server is lost.
        if (token is AccessToken accessToken)
            tokens.ForgetClientToken(accessToken);
        await revocation.RevokeAsync(token, current, server, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Gets the metadata of the server (RFC 8414 §2), from the cache that the client uses.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The metadata.</returns>
    /// <exception cref="OAuthException">The server publishes no metadata, or its metadata is not safe to use.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    public async Task<ServerMetadata> GetServerMetadataAsync(CancellationToken cancellationToken = default) =>
        new(await metadata.FindAsync(configuration.Current, cancellationToken).ConfigureAwait(false));

    private async ValueTask<AccessToken?> FindTokenAsync(GrantOwner owner, AccessTokenKey selection, CancellationToken cancellationToken)
    {
        if (owner.IsClient)
            return tokens.TryGetCached(owner, selection, out _);
        var grants = await ListAsync(owner, cancellationToken).ConfigureAwait(false);
        return grants.FirstOrDefault(grant => grant.IsChosenBy(selection) && grant.Covers(selection))?.Find(selection.Key);
    }
}
