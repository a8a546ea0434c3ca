using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests that options which were invalid at first take effect once they are corrected.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CorrectedOptionsTests
{
    [Test]
    [Description("Invalid options do not end the process and fail every call; corrected options take effect without a restart")]
    public async Task Invalid_options_can_be_corrected_without_a_restart()
    {
        ScriptedHandler server = new();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["TokenEndpoint"] = "https://as.example/token",
                    ["ClientId"] = "client",
                    ["ClientSecret"] = " ",
                }
            )
            .Build();
        ServiceCollection services = new();
        var builder = services.AddOAuthClient(configuration);
        builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => server);
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();
        Assert.That(
            async () => await client.GetAccessTokenAsync(GrantOwner.Client).Promptly(),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("ClientSecret is empty")
        );

        configuration["ClientSecret"] = "the-client-secret";
        configuration.Reload();
        Assert.That((await client.GetAccessTokenAsync(GrantOwner.Client).Promptly()).Reveal(), Is.EqualTo("at"));
    }

    private sealed class ScriptedHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(ScriptedServer.Json(200, ScriptedServer.Tokens("at")));
    }

    [Test]
    [Description("Invalid options fail the request, and not the construction of a service that has an HTTP client")]
    public async Task An_HTTP_client_is_created_with_invalid_options()
    {
        bool isValid = false;
        await using ScriptedServer server = new(
            o => o.ClientId = isValid ? "client" : "",
            registerFirst: services =>
                services
                    .AddHttpClient("api")
                    .ConfigurePrimaryHttpMessageHandler(() => new TokenEchoApi())
                    .AddAccessTokenHandler("", t => t.ForClient().To("https://api.example"))
        );
        server.Answers(ScriptedServer.Tokens("at"));
        var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        Assert.That(async () => await http.GetAsync(new Uri("https://api.example/me")), Throws.TypeOf<OptionsValidationException>());
        isValid = true;
        server.Services.GetRequiredService<IOptionsMonitorCache<OAuthClientOptions>>().Clear();
        Assert.That((await http.GetAsync(new Uri("https://api.example/me"))).IsSuccessStatusCode);
    }
}
