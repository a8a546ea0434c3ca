using Microsoft.Extensions.DependencyInjection;

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
    /// here, it follows no redirect, keeps no cookie, and sends a code or refresh token once only.
    /// </summary>
    public IHttpClientBuilder BackChannel { get; }
}
