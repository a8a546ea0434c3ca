using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>What pooled handlers must not do: name one user for all, carry two kinds of token, lose data on a replay (CVE-2024-51987 class).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SharedHandlersTests
{
    [TestCase(ServiceLifetime.Scoped)]
    [TestCase(ServiceLifetime.Transient)]
    [Description("Handlers live in a scope of their own and outlive requests: a scoped owner would name the first user for all who follow")]
    public void An_owner_that_belongs_to_a_request_is_refused(ServiceLifetime lifetime)
    {
        ServiceCollection services = new();
        Register(services);
        ((IServiceCollection)services).Add(new ServiceDescriptor(typeof(ICurrentGrantOwner), typeof(Nobody), lifetime));
        services.AddHttpClient("api").AddAccessTokenHandler("photos", token => token.ForCurrentUser().To("https://api.example"));
        using var provider = services.BuildServiceProvider();

        Assert.That(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"),
            Throws.InvalidOperationException.With.Message.Contains("Register ICurrentGrantOwner as a singleton")
        );
    }

    [Test]
    [Description("One HTTP client carries one kind of token: of two handlers the inner would win, silently")]
    public void A_second_handler_on_one_http_client_is_refused()
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
    [Description("A sequence is read once: replayed it would be empty, and the API would take nothing for everything")]
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

    private sealed class Nobody : ICurrentGrantOwner
    {
        public GrantOwner? Find() => null;
    }
}
