using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>
/// Runs a server with TLS and a client <c>service</c> with <c>tls_client_auth</c>, and sends requests with a certificate.
/// </summary>
internal sealed class CertificateBed(TestAuthorizationServer server) : IAsyncDisposable
{
    public TestAuthorizationServer Server { get; } = server;

    public static async Task<CertificateBed> StartAsync(bool binds = true, Action<TestAuthorizationServerOptions>? configure = null)
    {
        TestAuthorizationServer server = await TestAuthorizationServer.StartAsync(options =>
        {
            (options.UseTls, options.BindTokensToCertificates) = (true, binds);
            configure?.Invoke(options);
        });
        server.AddClient(
            new TestClient
            {
                ClientId = "service",
                AuthenticationMethod = "tls_client_auth",
                CertificateSubject = "CN=service",
            }
        );
        return new(server);
    }

    public async Task<JsonObject> MetadataAsync()
    {
        using HttpClient http = Client(null);
        string metadata = await http.GetStringAsync(new Uri(Server.Issuer.OriginalString + "/.well-known/openid-configuration"));
        return JsonNode.Parse(metadata)!.AsObject();
    }

    /// <summary>Sends a form to an endpoint of the metadata; with a certificate, to its alias (RFC 8705 §5).</summary>
    public async Task<JsonObject> PostAsync(
        X509Certificate2? certificate,
        string endpoint,
        HttpStatusCode status,
        params (string Name, string? Value)[] form
    )
    {
        JsonObject metadata = await MetadataAsync();
        using HttpClient http = Client(certificate);
        using FormUrlEncodedContent content = new(form.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        JsonNode? address = certificate is null ? metadata[endpoint] : metadata["mtls_endpoint_aliases"]![endpoint];
        return await TestBed.JsonAsync(await http.PostAsync(new Uri((string)address!), content), status);
    }

    public async Task<HttpResponseMessage> GetAsync(X509Certificate2? certificate, Uri address, JsonObject tokens)
    {
        using HttpClient http = Client(certificate);
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (string?)tokens["access_token"]);
        return await http.SendAsync(request);
    }

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    private HttpClient Client(X509Certificate2? certificate) =>
        new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                SslOptions = new SslClientAuthenticationOptions
                {
                    CertificateChainPolicy = new X509ChainPolicy
                    {
                        TrustMode = X509ChainTrustMode.CustomRootTrust,
                        CustomTrustStore = { Server.Certificate! },
                        RevocationMode = X509RevocationMode.NoCheck,
                    },
                    ClientCertificates = certificate is null ? null : [certificate],
                },
            }
        );
}
