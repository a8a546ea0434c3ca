using Microsoft.Extensions.DependencyInjection;
using RichardSzalay.MockHttp;

namespace OAuthClient.Tests;

/// <summary>An application's own unit tests put a mock where the network is; the back channel must take it as it takes a socket.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MockHttpTests
{
    [Test]
    [Description("RFC 6749 §4.4.2: what the mock is asked is the token request, and what it answers is the token")]
    public async Task A_mock_stands_in_for_the_network()
    {
        using MockHttpMessageHandler mock = new();
        mock.Expect(HttpMethod.Post, "https://as.example/token")
            .WithHeaders("Accept", "application/json")
            .WithFormData(new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["scope"] = "read" })
            .Respond("application/json", """{"access_token":"at","token_type":"Bearer","expires_in":60}""");
        ServiceCollection services = new();
        services
            .AddOAuthClient(o =>
            {
                o.TokenEndpoint = new("https://as.example/token");
                o.ClientId = "client";
                o.ClientSecret = "the-client-secret";
                o.Scopes = ["read"];
            })
            .BackChannel.ConfigurePrimaryHttpMessageHandler(() => mock);
        await using var provider = services.BuildServiceProvider();

        var token = await provider.GetRequiredService<IOAuthClient>().GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(token.Reveal(), Is.EqualTo("at"));
        mock.VerifyNoOutstandingExpectation();
    }
}
