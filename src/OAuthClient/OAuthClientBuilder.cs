using Microsoft.Extensions.DependencyInjection;
using Polly;

namespace OAuthClient;

/// <summary>A registered client, for what other packages and the application add to it.</summary>
public sealed class OAuthClientBuilder
{
    internal OAuthClientBuilder(string name, IServiceCollection services, IHttpClientBuilder backChannel)
    {
        Name = name;
        Services = services;
        BackChannel = backChannel;
    }

    /// <summary>The client's name; empty for the unnamed one.</summary>
    public string Name { get; }

    /// <summary>The service collection it was registered in.</summary>
    public IServiceCollection Services { get; }

    /// <summary>
    /// The HTTP client that talks to the authorization server: for a proxy, certificates, further handlers. Whatever is set
    /// here, it follows no redirect, keeps no cookie, and no handler can send a code or refresh token a second time.
    /// </summary>
    public IHttpClientBuilder BackChannel { get; }

    /// <summary>
    /// Replaces the built-in retries and circuit breaker of the back channel by a Polly pipeline of your own; an empty one means neither.
    /// Whatever it does, the deadline and the server's <c>Retry-After</c> hold, and a code or refresh token that may have left is not
    /// sent again by it: its outcome is final. (A refresh of a stored grant presents its refresh token once more when the answer was lost;
    /// that is no matter of the pipeline.)
    /// </summary>
    /// <param name="configure">Called for each server that the client talks to, when it first does.</param>
    public OAuthClientBuilder UseResilience(Action<ResiliencePipelineBuilder<HttpResponseMessage>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Services.AddKeyedSingleton(Name, new PipelineChoice(configure));
        return this;
    }

    /// <summary>
    /// Shares the client's own access tokens (client credentials, RFC 6749 §4.4) with the application's other nodes by its
    /// <c>IDistributedCache</c>, encrypted; what the cache loses costs one token request. Refresh tokens and users' tokens never go there:
    /// such a cache can neither compare and set nor lease, so two nodes would spend the same refresh token, and the user's grant would be
    /// lost (RFC 9700 §4.14). They belong into an <see cref="IGrantStore"/>.
    /// </summary>
    /// <param name="protect">Encrypts and authenticates, with a key that all nodes have. It is given the application's services.</param>
    /// <param name="unprotect">Decrypts, and throws when the data were changed.</param>
    public OAuthClientBuilder ShareClientTokens(Func<IServiceProvider, byte[], byte[]> protect, Func<IServiceProvider, byte[], byte[]> unprotect)
    {
        ArgumentNullException.ThrowIfNull(protect);
        ArgumentNullException.ThrowIfNull(unprotect);
        Services.AddKeyedSingleton(Name, new ClientTokenProtection(protect, unprotect));
        return this;
    }
}
