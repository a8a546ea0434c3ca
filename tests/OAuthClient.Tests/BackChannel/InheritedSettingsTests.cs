using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>What an application sets for all its HTTP clients must not reach the authorization server, nor send anything twice.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class InheritedSettingsTests
{
    [Test]
    [Description(
        "An API key that the application sends everywhere is not the authorization server's business; one set for the back channel is"
    )]
    public async Task Default_headers_of_all_clients_stay_away_and_its_own_are_sent()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            builder.Services.ConfigureHttpClientDefaults(all =>
                all.ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Api-Key", "internal"))
            );
            builder.BackChannel.ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Own", "mine"));
        });
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        var request = host.Server.RequestsTo(OAuthClient.Testing.TestEndpoint.Token).Single();
        Assert.That(request.Headers.ContainsKey("X-Api-Key"), Is.False);
        Assert.That(request.Headers["X-Own"], Is.EqualTo("mine"));
    }

    [Test]
    [Description("RFC 6749 §4.1.2: a copy made without the request's options is a second send all the same")]
    public async Task A_handler_that_copies_the_request_cannot_send_it_twice()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => new Copying())
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.InvalidOperationException.With.Message.Contains("tried to send a token request again")
        );
        Assert.That(host.TokenRequests, Is.Zero, "a copy has no ticket, the first time neither");
    }

    [Test]
    [Description("Network credentials would answer the server's 401 by a second send of the same refresh token or code")]
    public async Task Network_credentials_are_not_used()
    {
        SocketsHttpHandler primary = new() { Credentials = new NetworkCredential("user", "password") };
        await using var host = await OAuthTestHost.StartAsync(
            o => o.ClientSecret = "wrong",
            register: builder => builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => primary)
        );
        Assert.That(async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client), Throws.TypeOf<TokenEndpointException>());
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That(primary.Credentials, Is.Null);
    }

    private sealed class Copying : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Get)
                return await base.SendAsync(request, cancellationToken);
            using HttpRequestMessage copy = new(request.Method, request.RequestUri)
            {
                Content = new StringContent(
                    await request.Content!.ReadAsStringAsync(cancellationToken),
                    null,
                    "application/x-www-form-urlencoded"
                ),
            };
            return await base.SendAsync(copy, cancellationToken);
        }
    }
}
