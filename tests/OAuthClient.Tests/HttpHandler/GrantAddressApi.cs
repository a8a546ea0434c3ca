using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>An API whose address the grants state, and the HTTP client that calls it. It records where each token was sent.</summary>
internal sealed class GrantAddressApi : HttpMessageHandler, IAsyncDisposable
{
    private readonly ScriptedServer server;
    private readonly List<string> sent = [];

    public GrantAddressApi(Action<AccessTokenHandlerOptions> configure, Action<IHttpClientBuilder>? handlers = null) =>
        server = new(registerFirst: services =>
        {
            var http = services
                .AddHttpClient("api", http => http.BaseAddress = AccessTokenHandlerOptions.GrantBaseAddress)
                .ConfigurePrimaryHttpMessageHandler(() => this)
                .AddAccessTokenHandler("", configure);
            handlers?.Invoke(http);
        });

    public IReadOnlyList<string> Sent => sent;
    public IServiceProvider Services => server.Services;

    /// <summary>Gets the last request, as the primary handler received it.</summary>
    public HttpRequestMessage? Last { get; private set; }

    /// <summary>Gets or sets the delegate that answers the next request, once; without it the status is 200.</summary>
    public Func<Task<HttpResponseMessage>>? AnswersOnce { get; set; }

    public ValueTask RemoveAsync(Grant grant) => server.Store.RemoveAsync(grant, default);

    public void AdvanceClock(TimeSpan time) => server.Clock.Advance(time);

    public async Task<Grant> AddAsync(string owner, string token, string? address, string? location = null)
    {
        var template = await server.SignedInAsync(ScriptedServer.Tokens(token), owner: "template");
        Grant grant = new(SecureRandomString.Create(), template.ClientName, GrantOwner.User(owner), template.Server, template.ClientId)
        {
            CreatedAt = template.CreatedAt,
            Tokens = template.Tokens,
            TokenResponseMembers = Members("instance_url", address),
            UntrustedCallbackParameters = Members("location", location),
        };
        await server.Store.AddAsync(grant, default);
        return grant;
    }

    public async Task GetAsync(string owner, string address, string? grantId = null)
    {
        using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using HttpRequestMessage request = new(HttpMethod.Get, address);
        request.SetGrantOwner(GrantOwner.User(owner));
        if (grantId is not null)
            request.SetGrantId(grantId);
        using var response = await http.SendAsync(request);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        sent.Add($"{request.RequestUri} {request.Headers.Authorization}");
        Last = request;
        var answer = AnswersOnce;
        AnswersOnce = null;
        return answer is null ? Task.FromResult(new HttpResponseMessage()) : answer();
    }

    private static Dictionary<string, AdditionalMember> Members(string name, string? value) =>
        value is null ? [] : new() { [name] = new(JsonSerializer.SerializeToElement(value)) };
}
