using Microsoft.Extensions.DependencyInjection;
using RichardSzalay.MockHttp;

namespace OAuthClient.Tests;

/// <summary>Tests the back channel with a mock as its primary handler, as in unit tests of an application.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class MockHttpTests
{
    [Test]
    [Description("RFC 6749 §4.4.2: the mock receives the token request and returns the token")]
    public async Task A_mock_replaces_the_network()
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
