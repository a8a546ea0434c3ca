using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient;

/// <summary>
/// Provides the access tokens of the requests of one HTTP client. A method of <see cref="AccessTokenHandlerOptions"/> such as
/// <c>ForClient</c> selects the source. It has no state of a user, because handlers are pooled and shared by all users.
/// </summary>
internal abstract class AccessTokenSource(AccessTokenSource.Context context)
{
    public string ClientName => context.ClientName;

    /// <summary>Gets the scopes and resources of the tokens.</summary>
    public AccessTokenKey Selection => context.Selection;

    /// <summary>
    /// Determines whose token a request carries. It is called once for each request, so that a second attempt has the same owner.
    /// </summary>
    /// <exception cref="OAuthException">There is no owner, or the request states one that the HTTP client does not serve.</exception>
    public abstract GrantOwner ResolveOwner(HttpRequestMessage request, Uri address);

    /// <summary>
    /// Gets a fresh token and its <see cref="AccessToken.BearerHeader"/> from a cache, without a lock, a task or an allocation.
    /// </summary>
    /// <param name="owner">The owner that <see cref="ResolveOwner"/> returned.</param>
    /// <param name="selection">The scopes and resources, and the grant if the request chooses one.</param>
    /// <param name="header">The header, because reading it from the token would access another place of memory.</param>
    /// <returns>The token; <see langword="null"/> if <see cref="GetAsync"/> must be called.</returns>
    public virtual AccessToken? TryGetCached(GrantOwner owner, AccessTokenKey selection, out string? header) =>
        context.Tokens.TryGetCached(owner, selection, out header);

    /// <summary>Gets a token together with its grant.</summary>
    public ValueTask<(Grant Grant, AccessToken Token)> GetWithGrantAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        CancellationToken cancellationToken
    ) => context.Tokens.GetWithGrantAsync(owner, selection, cancellationToken);

    /// <summary>Gets a token.</summary>
    /// <param name="owner">The owner that <see cref="ResolveOwner"/> returned.</param>
    /// <param name="selection">The scopes and resources, and the grant if the request chooses one.</param>
    /// <param name="rejection">The rejection of a token by the API; <see langword="null"/> without one.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public virtual ValueTask<AccessToken> GetAsync(
        GrantOwner owner,
        AccessTokenKey selection,
        AccessTokenRejection? rejection,
        CancellationToken cancellationToken
    ) => context.Tokens.GetAsync(owner, selection, rejection, cancellationToken);

    /// <summary>What a source is created from.</summary>
    /// <param name="ClientName">The name of the OAuth client.</param>
    /// <param name="Tokens">The access tokens of the OAuth client.</param>
    /// <param name="Selection">The scopes and resources that the options state.</param>
    /// <param name="Services">The services of the application.</param>
    /// <param name="Registrations">The registrations of these services.</param>
    public sealed record Context(
        string ClientName,
        AccessTokenProvider Tokens,
        AccessTokenKey Selection,
        IServiceProvider Services,
        IServiceCollection Registrations
    );
}
