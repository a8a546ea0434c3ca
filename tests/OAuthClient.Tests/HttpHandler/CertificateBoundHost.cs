using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// A client that authenticates by a certificate, at an authorization server that binds its access tokens to it, and an API that requests
/// it. All connections use TLS.
/// </summary>
internal sealed class CertificateBoundHost : IAsyncDisposable
{
    public const string ClientName = "bank";
    public const string Callback = "http://127.0.0.1:5005/callback";
    public static readonly GrantOwner Owner = GrantOwner.User("42");

    private readonly List<X509Certificate2> issued = [];
    private ServiceProvider? provider;

    private CertificateBoundHost(TestAuthorizationServer server, TestResourceServer api) => (Server, Api) = (server, api);

    public ManualTimeProvider Clock { get; private init; } = null!;
    public TestAuthorizationServer Server { get; }
    public TestResourceServer Api { get; }

    /// <summary>Gets the current certificate of the client.</summary>
    public X509Certificate2 Certificate => issued[^1];

    public IServiceProvider Services => provider!;
    public IOAuthClient Client => Services.GetRequiredKeyedService<IOAuthClient>(ClientName);
    public HttpClient Http => CreateClient("api");

    /// <summary>Gets the thumbprints of the certificates that the requests to the API presented.</summary>
    public IEnumerable<string?> Presented => Api.Requests.Select(request => request.ClientCertificate?.Thumbprint);

    public IEnumerable<int?> Statuses => Api.Requests.Select(request => request.ResponseStatus);

    /// <param name="register">Registers HTTP clients; null for one that is called <c>api</c> and presents the certificate.</param>
    /// <param name="options">Changes the options of the client.</param>
    /// <param name="builder">Configures the client further.</param>
    /// <param name="server">Changes the options of the server.</param>
    public static async Task<CertificateBoundHost> StartAsync(
        Action<IServiceCollection, CertificateBoundHost>? register = null,
        Action<OAuthClientOptions>? options = null,
        Action<OAuthClientBuilder>? builder = null,
        Action<TestAuthorizationServerOptions>? server = null
    )
    {
        ManualTimeProvider clock = new();
        var authorization = await TestAuthorizationServer.StartAsync(o =>
        {
            (o.TimeProvider, o.UseTls, o.BindTokensToCertificates) = (clock, true, true);
            server?.Invoke(o);
        });
        CertificateBoundHost host = new(
            authorization,
            await authorization.StartResourceServerAsync(o => o.RequestClientCertificates = true)
        )
        {
            Clock = clock,
        };
        host.RenewCertificate();
        authorization.AddClient(
            new TestClient
            {
                ClientId = ClientName,
                AuthenticationMethod = "tls_client_auth",
                CertificateSubject = "CN=bank",
                RedirectUris = { Callback },
            }
        );
        authorization.AddClient(new TestClient { ClientId = "native", RedirectUris = { Callback } });
        ServiceCollection services = new();
        services.AddSingleton<TimeProvider>(clock);
        var client = services
            .AddOAuthClient(
                ClientName,
                o =>
                {
                    (o.Issuer, o.ClientId, o.RedirectUri) = (authorization.Issuer, ClientName, new(Callback));
                    o.Scopes = ["api", "photos.read"];
                    options?.Invoke(o);
                }
            )
            .UseResilience(_ => { })
            .UseClientCertificate(_ => host.Certificate);
        client.BackChannel.ConfigurePrimaryHttpMessageHandler(host.Network);
        builder?.Invoke(client);
        if (register is null)
            host.AddApi(services, t => t.ForClient().WithClientCertificate());
        else
            register(services, host);
        host.provider = services.BuildServiceProvider();
        return host;
    }

    /// <summary>Adds an HTTP client for the API.</summary>
    public IHttpClientBuilder AddApi(
        IServiceCollection services,
        Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> tokens,
        string name = "api"
    ) =>
        services
            .AddHttpClient(name, http => http.BaseAddress = Api.BaseAddress)
            .ConfigurePrimaryHttpMessageHandler(Network)
            .AddAccessTokenHandler(ClientName, t => tokens(t).To(Api.BaseAddress));

    public HttpClient CreateClient(string name) => Services.GetRequiredService<IHttpClientFactory>().CreateClient(name);

    /// <summary>Issues another certificate to the client. The previous one stays valid.</summary>
    public void RenewCertificate() => issued.Add(Server.IssueClientCertificate("CN=bank"));

    public async Task<Grant> SignInAsync()
    {
        var pending = await Client.BeginAuthorizationAsync();
        var callback = await Server.SignInAsync(pending.AuthorizationUri);
        return await Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), Owner);
    }

    /// <summary>Creates a handler that trusts the servers and opens a connection for each request.</summary>
    public SocketsHttpHandler Network() =>
        new()
        {
            UseProxy = false,
            PooledConnectionLifetime = TimeSpan.Zero,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = IsServer },
        };

    public bool IsServer(object sender, X509Certificate? presented, X509Chain? chain, SslPolicyErrors errors) =>
        presented?.GetCertHashString() == Server.Certificate!.GetCertHashString();

    public async ValueTask DisposeAsync()
    {
        if (provider is not null)
            await provider.DisposeAsync();
        await Api.DisposeAsync();
        await Server.DisposeAsync();
        foreach (var certificate in issued)
            certificate.Dispose();
    }
}
