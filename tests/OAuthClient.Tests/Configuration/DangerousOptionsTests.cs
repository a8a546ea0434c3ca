using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>Tests that each option that lowers safety is logged once as a warning that names it and what has it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class DangerousOptionsTests
{
    internal const int Event = 105;

    [Test]
    [Description("The options of a client are logged once, however often it is used, and each client logs its own")]
    public async Task Options_of_a_client_are_logged_once()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.DangerouslyAllowHttpInTrustedNetwork = [new("http://keycloak:8080")];
                o.Adaptation.DangerouslyDisablePkce = true;
                o.Adaptation.DangerouslyAcceptMissingNonce = true;
                o.Adaptation.DangerouslyAllowCodeInjection = true;
            },
            server: o => o.RequirePkce = false
        );
        await host.SignInAsync();
        await host.SignInAsync();

        Assert.That(
            host.Log.Events(Event).Select(entry => entry.Message.Split(": ")[0]),
            Is.EquivalentTo(
                new[]
                {
                    "OAuth client 'photos' has the option DangerouslyAllowHttpOnLoopback",
                    "OAuth client 'photos' has the option DangerouslyAllowHttpInTrustedNetwork",
                    "OAuth client 'photos' has the option Adaptation.DangerouslyDisablePkce",
                    "OAuth client 'photos' has the option Adaptation.DangerouslyAcceptMissingNonce",
                    "OAuth client 'photos' has the option Adaptation.DangerouslyAllowCodeInjection",
                }
            )
        );
        Assert.That(host.Log.Events(Event).Select(entry => entry.Level), Is.All.EqualTo(LogLevel.Warning));
    }

    [Test]
    [Description("The options of an HTTP client are logged when it is first created, and not again for a second one")]
    public async Task Options_of_an_http_client_are_logged_once()
    {
        await using ScriptedServer server = new(registerFirst: services =>
        {
            services
                .AddHttpClient("api")
                .AddAccessTokenHandler("", t => t.ForRequestOwner().DangerouslyToHttp("http://orders:8080").DangerouslyAllowCookies());
            services
                .AddHttpClient("other")
                .AddAccessTokenHandler("", t => t.ForClient().To("https://api.example").DangerouslyAllowCookies());
        });
        foreach (string name in new[] { "api", "api", "other" })
            server.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler(name);

        Assert.That(
            server.Log.Events(Event).Select(entry => entry.Message.Split(": ")[0]),
            Is.EquivalentTo(
                new[] { "HTTP client 'api' has the option DangerouslyToHttp", "HTTP client 'api' has the option DangerouslyAllowCookies" }
            ),
            "An HTTP client with one owner keeps its cookies without the option."
        );
    }

    [Test]
    [Description("Without a dangerous option nothing is logged")]
    public async Task Safe_options_are_not_logged()
    {
        await using ScriptedServer server = new();
        server.Answers(ScriptedServer.Tokens("the-token"));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(server.Log.Events(Event), Is.Empty);
    }
}
