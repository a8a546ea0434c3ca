using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that pooled handlers do not keep one user for all requests, carry two kinds of token or lose content on a replay (CVE-2024-51987
/// class).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SharedHandlersTests
{
    [TestCase(ServiceLifetime.Scoped)]
    [TestCase(ServiceLifetime.Transient)]
    [Description("Handlers have their own scope and outlive requests: a scoped owner would keep the first user for all later requests")]
    public void A_scoped_owner_is_rejected(ServiceLifetime lifetime)
    {
        ServiceCollection services = new();
        Register(services);
        ((IServiceCollection)services).Add(new ServiceDescriptor(typeof(ICurrentGrantOwner), typeof(NoCurrentUser), lifetime));
        services.AddHttpClient("api").AddAccessTokenHandler("photos", token => token.ForCurrentUser().To("https://api.example"));
        using var provider = services.BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"),
            Throws.InvalidOperationException.With.Message.Contains("Register ICurrentGrantOwner as a singleton")
        );
    }

    [Test]
    [Description("One HTTP client carries one kind of token: of two handlers the inner one would silently win")]
    public void A_second_handler_on_one_http_client_is_rejected()
    {
        ServiceCollection services = new();
        Register(services);
        var http = services
            .AddHttpClient("api")
            .AddAccessTokenHandler("photos", token => token.ForOwner(GrantOwner.User("42")).To("https://api.example"));
        services.AddHttpClient("other").AddAccessTokenHandler("photos", token => token.ForClient().To("https://api.example"));

        Assert.That(
            () => http.AddAccessTokenHandler("photos", token => token.ForClient().To("https://api.example")),
            Throws.InvalidOperationException.With.Message.Contains("called twice for the HTTP client 'api'")
        );
    }

    [Test]
    [Description("A one-shot sequence can be read once: a replay would send empty content")]
    public void A_one_shot_sequence_is_not_sent_again()
    {
        Assert.Multiple(() =>
        {
            Assert.That(ReplayableContent.IsReplayable(JsonContent.Create(Numbers())), Is.False);
            Assert.That(ReplayableContent.IsReplayable(JsonContent.Create(new[] { 1 }.Where(_ => true))), Is.False);
            Assert.That(ReplayableContent.IsReplayable(JsonContent.Create(new[] { 1, 2 })), Is.True);
            Assert.That(ReplayableContent.IsReplayable(JsonContent.Create(new List<int> { 1 })), Is.True);
            Assert.That(ReplayableContent.IsReplayable(JsonContent.Create("text")), Is.True);
            Assert.That(ReplayableContent.IsReplayable(JsonContent.Create(new { Name = "x" })), Is.True);
            Assert.That(ReplayableContent.IsReplayable(JsonContent.Create<object?>(null)), Is.True);
        });

        static async IAsyncEnumerable<int> Numbers()
        {
            await Task.Yield();
            yield return 1;
        }
    }

    private static void Register(IServiceCollection services) =>
        services.AddOAuthClient(
            "photos",
            o =>
            {
                o.Issuer = new("https://as.example");
                o.ClientId = "id";
            }
        );

    private sealed class NoCurrentUser : ICurrentGrantOwner
    {
        public GrantOwner? Find() => null;
    }
}
