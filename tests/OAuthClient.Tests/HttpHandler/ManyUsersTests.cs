using System.Net;
using Microsoft.Extensions.DependencyInjection;
using static OAuthClient.Tests.ScriptedServer;

namespace OAuthClient.Tests;

/// <summary>Tests that pooled and shared handlers never send one user's token for another (CVE-2024-51987 class).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ManyUsersTests
{
    private const int Users = 50;
    private const int Clients = 8;

    [Test]
    [Description("50 concurrent users over 8 pooled handlers, with refreshes and rejections: no request carries another user's token")]
    public async Task No_request_carries_another_users_token()
    {
        CurrentUser current = new();
        await using ScriptedServer server = new(
            registerFirst: services => services.AddSingleton<ICurrentGrantOwner>(current),
            register: builder =>
            {
                for (int i = 0; i < Clients; i++)
                {
                    builder
                        .Services.AddHttpClient($"api{i}")
                        .AddAccessTokenHandler(t => t.ForCurrentUser().To("https://api.example"))
                        .ConfigurePrimaryHttpMessageHandler(() => new CheckingApi());
                }
            }
        );
        for (int user = 0; user < Users; user++)
            await server.SignedInAsync(Tokens($"at.user{user}.0", $"rt.user{user}"), owner: $"user{user}");
        int issued = 0;
        server.Answers(sentRequest =>
            Json(200, Tokens($"at.{sentRequest["refresh_token"]!["rt.".Length..]}.{Interlocked.Increment(ref issued)}"))
        );
        var factory = server.Services.GetRequiredService<IHttpClientFactory>();
        int mismatches = 0;
        int responses = 0;

        for (int round = 0; round < 3; round++)
        {
            await Task.WhenAll(
                    Enumerable
                        .Range(0, Users * Clients)
                        .Select(i =>
                            Task.Run(async () =>
                            {
                                string user = $"user{i % Users}";
                                current.Set(user);
                                using var http = factory.CreateClient($"api{i / Users}");
                                for (int call = 0; call < 5; call++)
                                {
                                    // The request states its user; the API compares.
                                    using HttpRequestMessage request = new(HttpMethod.Get, "https://api.example/")
                                    {
                                        Headers = { { "X-User", user } },
                                    };
                                    using var response = await http.SendAsync(request);
                                    Interlocked.Increment(ref responses);
                                    if (response.StatusCode == HttpStatusCode.Conflict)
                                        Interlocked.Increment(ref mismatches);
                                    await Task.Yield();
                                }
                            })
                        )
                )
                .Promptly();
            server.Clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.That(mismatches, Is.Zero);
        Assert.That(responses, Is.EqualTo(3 * 5 * Users * Clients));
        Assert.That(issued, Is.InRange(2 * Users, 3 * Users), "one refresh per user and expiry, and one rejection");
    }

    private sealed class CurrentUser : ICurrentGrantOwner
    {
        private readonly AsyncLocal<string?> user = new();

        public void Set(string id) => user.Value = id;

        public GrantOwner? Find() => user.Value is { } id ? GrantOwner.User(id) : null;
    }

    private sealed class CheckingApi : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            string[] token = request.Headers.GetValues("Authorization").Single().Split('.');
            string user = request.Headers.GetValues("X-User").Single();
            HttpResponseMessage response = new(token[1] == user ? HttpStatusCode.OK : HttpStatusCode.Conflict) { RequestMessage = request };
            // The first token of every fifth user is rejected, so that replays run between the other requests.
            if (response.IsSuccessStatusCode && token[2] == "0" && user.EndsWith('5'))
            {
                response.StatusCode = HttpStatusCode.Unauthorized;
                response.Headers.WwwAuthenticate.ParseAdd("Bearer error=\"invalid_token\"");
            }
            return Task.FromResult(response);
        }
    }
}
