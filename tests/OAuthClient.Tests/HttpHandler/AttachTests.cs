using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests how an access token is attached to a request (RFC 6750 §2.1).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class AttachTests
{
    [Test]
    [Description("RFC 6750 §2.1: the token is sent in the Authorization header only, not in the query or the body (§2.2, §2.3)")]
    public async Task The_token_is_in_the_Authorization_header_only()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        var grant = await host.SignInAsync();
        await host.Http.PostAsync("/echo?x=1", new StringContent("body"));
        var request = host.Api.Requests.Single();
        Assert.That(request.Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
        Assert.That(request.QueryString, Is.EqualTo("?x=1"));
        Assert.That(request.Body, Is.EqualTo("body"));
    }

    private static IEnumerable<TestCaseData> OlderHeaders()
    {
        yield return Case("typed", headers => headers.Authorization = new AuthenticationHeaderValue("Basic", "c29tZXRoaW5n"));
        yield return Case("raw", headers => headers.TryAddWithoutValidation("Authorization", "something else"));
        yield return Case("two", headers => headers.TryAddWithoutValidation("Authorization", ["one", "two"]));
        yield return Case("lower case", headers => headers.TryAddWithoutValidation("authorization", "Bearer stale"));

        static TestCaseData Case(string name, Action<HttpRequestHeaders> set) => new TestCaseData(set).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(OlderHeaders))]
    [Description("RFC 6750 §2: a token is sent in one place: an existing Authorization header is replaced")]
    public async Task An_existing_header_is_replaced(Action<HttpRequestHeaders> set)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        var grant = await host.SignInAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, "/me");
        set(request.Headers);
        await host.Http.SendAsync(request);
        Assert.That(host.Api.Requests.Single().Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
    }

    [Test]
    [Description("A default header of the HTTP client is also replaced")]
    public async Task A_default_header_is_replaced()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                OAuthTestHost.ForOwner(http, api);
                http.ConfigureHttpClient(client => client.DefaultRequestHeaders.Authorization = new("Bearer", "stale"));
            }
        );
        var grant = await host.SignInAsync();
        await host.Http.GetAsync("/me");
        Assert.That(host.Api.Requests.Single().Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
    }

    [Test]
    [Description("RFC 6749 §4.4: a token of the client itself")]
    public async Task Token_of_the_client()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) => http.AddAccessTokenHandler("photos", t => t.ForClient().To(api.BaseAddress))
        );
        Assert.That(await host.Http.GetStringAsync("/me"), Does.Contain("\"client_id\":\"photos\"").And.Not.Contain("\"sub\""));
        await host.Http.GetStringAsync("/me");
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 6749 §6: a token with fewer scopes than were granted")]
    public async Task Token_with_fewer_scopes()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
                http.AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User("42")).To(api.BaseAddress).WithScopes("api"))
        );
        await host.SignInAsync();
        Assert.That(await host.Http.GetStringAsync("/me"), Does.Contain("\"scope\":\"api\""));
    }

    [Test]
    [Description("RFC 8707 §2.2: a token for one protected resource")]
    public async Task Token_for_one_resource()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                api.Options.RequireResource = true;
                http.AddAccessTokenHandler("photos", t => t.ForClient().To(api.BaseAddress).WithResources(api.BaseAddress));
            }
        );
        Assert.That(async () => await host.Http.GetStringAsync("/me"), Throws.Nothing);
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Token).Single().FormValues("resource"),
            Is.EqualTo(new[] { host.Api.BaseAddress.OriginalString })
        );
    }

#pragma warning disable VSTHRD103 // The synchronous method is tested.
    [Test]
    [Description("A synchronous send uses a token that is in memory, as an exporter of telemetry needs it")]
    public async Task A_synchronous_send_uses_a_cached_token()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        var grant = await host.SignInAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, "/me");

        using var response = host.Http.Send(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(host.Api.Requests.Single().Headers["Authorization"], Is.EqualTo("Bearer " + grant.AccessToken!.Reveal()));
    }

    [Test]
    [Description("A synchronous send does not block for a token; the token is requested, and a later one uses it")]
    public async Task A_synchronous_send_does_not_wait_for_a_token()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);
        using HttpRequestMessage first = new(HttpMethod.Get, "/me");
        Assert.That(() => host.Http.Send(first), Throws.TypeOf<NotSupportedException>().With.Message.Contain("SendAsync"));
        Assert.That(host.Api.Requests, Is.Empty);
        release.SetResult();

        await host.Client.GetAccessTokenAsync(GrantOwner.User("42"));
        using HttpRequestMessage second = new(HttpMethod.Get, "/me");
        using var response = host.Http.Send(second);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [TestCase("https://other.example/me")]
    [Description("A synchronous send is checked like an asynchronous one")]
    public async Task A_synchronous_send_to_another_address_is_refused(string address)
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignInAsync();
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        Assert.That(() => host.Http.Send(request), Throws.TypeOf<OAuthException>());
    }

#pragma warning restore VSTHRD103

    [Test]
    public async Task Typed_client()
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
                http
                    .Services.AddHttpClient<PhotosApi>(client => client.BaseAddress = api.BaseAddress)
                    .AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User("42")).To(api.BaseAddress))
        );
        await host.SignInAsync();
        Assert.That(await host.Services.GetRequiredService<PhotosApi>().MeAsync(), Does.Contain("photos"));
    }

    [Test]
    [Description("The unnamed OAuth client is found without a name")]
    public async Task Unnamed_client()
    {
        await using ScriptedServer server = new(register: builder =>
            builder
                .Services.AddHttpClient("api")
                .AddAccessTokenHandler(t => t.ForClient().To("https://api.example"))
                .ConfigurePrimaryHttpMessageHandler(() => new RecordingHandler())
        );
        using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using var response = await http.GetAsync(new Uri("https://api.example/"));
        Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("Bearer at"));
    }

    [Test]
    [Description("The message names the OAuth client that is not registered and the method to call")]
    public void Unregistered_client()
    {
        ServiceCollection services = new();
        services.AddHttpClient("api").AddAccessTokenHandler("phoots", t => t.ForClient().To("https://api.example"));
        using var provider = services.BuildServiceProvider();
        Assert.That(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"),
            Throws.InvalidOperationException.With.Message.Contain("'api'").And.Message.Contain("AddOAuthClient(\"phoots\"")
        );
    }

    [Test]
    [Description("Without an ICurrentGrantOwner the message says what to add")]
    public void Missing_current_grant_owner()
    {
        ServiceCollection services = new();
        services.AddOAuthClient(o => (o.TokenEndpoint, o.ClientId) = (new("https://as.example/token"), "c"));
        services.AddHttpClient("api").AddAccessTokenHandler(t => t.ForCurrentUser().To("https://api.example"));
        using var provider = services.BuildServiceProvider();
        Assert.That(
            () => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api"),
            Throws.InvalidOperationException.With.Message.Contain("ICurrentGrantOwner")
        );
    }

    [Test]
    [Description(
        "A response that is not returned is disposed, with its connection: the rejected one before a replay, and when no other "
            + "token can be obtained"
    )]
    public async Task A_rejected_response_is_disposed([Values] bool tokenEndpointFails)
    {
        RejectingHandler api = new();
        await using ScriptedServer server = new(register: builder =>
            builder
                .Services.AddHttpClient("api")
                .AddAccessTokenHandler(t => t.ForOwner(GrantOwner.User("42")).To("https://api.example"))
                .ConfigurePrimaryHttpMessageHandler(() => api)
        );
        await server.SignedInAsync(ScriptedServer.Tokens("at-1", "rt-1"));
        server.Answers(tokenEndpointFails ? "" : ScriptedServer.Tokens("at-2"), tokenEndpointFails ? 503 : 200);
        using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        if (tokenEndpointFails)
            Assert.That(async () => await http.GetAsync(new Uri("https://api.example/")), Throws.TypeOf<TokenEndpointException>());
        else
            await http.GetAsync(new Uri("https://api.example/"), HttpCompletionOption.ResponseHeadersRead);

        Assert.That(api.Responses.Select(response => response.IsDisposed), Is.EqualTo(tokenEndpointFails ? new[] { true } : [true, false]));
    }

    private sealed class PhotosApi(HttpClient http)
    {
        public Task<string> MeAsync() => http.GetStringAsync(new Uri("/me", UriKind.Relative));
    }

    private sealed class RejectingHandler : HttpMessageHandler
    {
        public List<TrackedResponse> Responses { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            TrackedResponse response = new()
            {
                RequestMessage = request,
                Headers = { WwwAuthenticate = { new("Bearer", "error=\"invalid_token\"") } },
            };
            Responses.Add(response);
            return Task.FromResult<HttpResponseMessage>(response);
        }
    }

    private sealed class TrackedResponse() : HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized)
    {
        public bool IsDisposed { get; private set; }

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }

    private sealed class RecordingHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(
                new HttpResponseMessage { Content = new StringContent(string.Join(", ", request.Headers.GetValues("Authorization"))) }
            );
    }
}
