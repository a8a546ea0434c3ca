using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>An HTTP client with an access token handler, several signed-in owners and an API that returns the token it received.</summary>
internal sealed class CurrentUserPipeline : IAsyncDisposable, ICurrentGrantOwner
{
    private readonly TokenEchoApi api = new();
    private readonly Dictionary<string, string> tokens = new(StringComparer.Ordinal);
    private ScriptedServer server = null!;

    public string? Current { get; set; }

    public int Sent => api.Sent;

    public static async Task<CurrentUserPipeline> StartAsync(
        Func<AccessTokenHandlerOptions, AccessTokenHandlerOptions> selectOwner,
        params string[] owners
    )
    {
        CurrentUserPipeline pipeline = new();
        pipeline.server = new(register: builder =>
        {
            builder.Services.AddSingleton<ICurrentGrantOwner>(pipeline);
            builder
                .Services.AddHttpClient("api", http => http.BaseAddress = new("https://api.example"))
                .AddAccessTokenHandler(t => selectOwner(t.To("https://api.example")))
                .ConfigurePrimaryHttpMessageHandler(() => pipeline.api);
        });
        foreach (string owner in owners)
            pipeline.tokens[owner] = (
                await pipeline.server.SignedInAsync(ScriptedServer.Tokens("at-" + owner, "rt-" + owner), owner)
            ).AccessToken!.Reveal();
        pipeline.server.Answers(ScriptedServer.Tokens("at-client"));
        return pipeline;
    }

    public string TokenOf(string owner) => tokens[owner];

    public GrantOwner? Find() => Current is { } id ? GrantOwner.User(id) : null;

    /// <returns>The token that the API received.</returns>
    public async Task<string> CallAsync(string? owner)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/me");
        if (owner is not null)
            request.SetGrantOwner(GrantOwner.User(owner));
        using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using var response = await http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    public async Task RequireNotSentAsync(string? owner, string reason)
    {
        int before = Sent;
        await Assert.ThatAsync(
            () => CallAsync(owner),
            Throws.TypeOf<OAuthException>().With.Message.Contain(reason).And.Message.Contain("not sent")
        );
        Assert.That(Sent, Is.EqualTo(before));
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        api.Dispose();
    }
}
