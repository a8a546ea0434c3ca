using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that settings for all HTTP clients of an application do not apply to the back channel and cause no second send.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class InheritedSettingsTests
{
    [Test]
    [Description("Default headers of all HTTP clients are not sent to the authorization server; headers of the back channel are")]
    public async Task Default_headers_of_all_clients_are_not_sent()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            builder.Services.ConfigureHttpClientDefaults(all =>
                all.ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Api-Key", "internal"))
            );
            builder.BackChannel.ConfigureHttpClient(http => http.DefaultRequestHeaders.Add("X-Own", "value"));
        });
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        var request = host.Server.RequestsTo(OAuthClient.Testing.TestEndpoint.Token).Single();
        Assert.That(request.Headers.ContainsKey("X-Api-Key"), Is.False);
        Assert.That(request.Headers["X-Own"], Is.EqualTo("value"));
    }

    [Test]
    [Description("RFC 6749 §4.1.2: a copy of the request without its options is a second send")]
    public async Task A_handler_that_copies_the_request_cannot_send_it_twice()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => new CopyingHandler())
        );
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(GrantOwner.Client),
            Throws.InvalidOperationException.With.Message.Contains("tried to send a token request a second time")
        );
        Assert.That(host.TokenRequests, Is.Zero, "a copy cannot be sent, not even once");
    }

    [Test]
    [Description("Network credentials would send the same refresh token or code again after a 401 response and are not used")]
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

    private sealed class CopyingHandler : DelegatingHandler
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
