using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A client whose authorization server answers by script, for answers that no real server gives. Its endpoints are spelled out.</summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const string Origin = "https://as.example";

    private readonly Script script;
    private readonly Lock gate = new();
    private readonly List<Sent> requests = [];
    private readonly ServiceProvider provider;
    private Func<Sent, HttpResponseMessage> answer = _ => Json(200, """{"access_token":"at","token_type":"Bearer"}""");

    public ScriptedServer(Action<OAuthClientOptions>? options = null, Action<OAuthClientBuilder>? register = null)
    {
        script = new Script(sent =>
        {
            lock (gate)
                requests.Add(sent);
            return answer(sent);
        });
        ServiceCollection collection = new();
        collection.AddSingleton<TimeProvider>(Clock);
        var builder = collection.AddOAuthClient(o =>
        {
            o.TokenEndpoint = new(Origin + "/token");
            o.AuthorizationEndpoint = new(Origin + "/authorize");
            o.RevocationEndpoint = new(Origin + "/revoke");
            o.UserInfoEndpoint = new(Origin + "/userinfo");
            o.ClientId = "client";
            o.ClientSecret = "the-client-secret";
            o.RedirectUri = new("https://app.example/callback");
            options?.Invoke(o);
        });
        builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => script);
        register?.Invoke(builder);
        provider = collection.BuildServiceProvider();
    }

    public ManualTimeProvider Clock { get; } = new();
    public IServiceProvider Services => provider;
    public IOAuthClient Client => provider.GetRequiredService<IOAuthClient>();
    public IGrantStore Store => provider.GetRequiredService<IGrantStore>();

    public IReadOnlyList<Sent> Requests
    {
        get
        {
            lock (gate)
                return [.. requests];
        }
    }

    public Sent Only => Requests.Single();

    public static HttpResponseMessage Json(int status, string body) => Text(status, body, "application/json");

    public static HttpResponseMessage Text(int status, string body, string mediaType) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, mediaType) };

    public static HttpResponseMessage Bytes(int status, byte[] body) => new((HttpStatusCode)status) { Content = new ByteArrayContent(body) };

    public ScriptedServer Answers(Func<Sent, HttpResponseMessage> next)
    {
        answer = next;
        return this;
    }

    public ScriptedServer Answers(string json, int status = 200) => Answers(_ => Json(status, json));

    /// <summary>The whole dance against the script.</summary>
    public async Task<Grant> SignInAsync(string owner = "42", AuthorizationParameters? parameters = null)
    {
        var pending = await Client.BeginAuthorizationAsync(parameters);
        string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"]!;
        return await Client.CompleteAuthorizationAsync(
            pending, AuthorizationResponse.Parse(new Uri($"https://app.example/callback?code=the-code&state={state}")), owner);
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        script.Dispose();
    }

    // Of our own, because MockHttp never answers when the answer's function throws.
    private sealed class Script(Func<Sent, HttpResponseMessage> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = answer(await Sent.ReadAsync(request));
            response.RequestMessage = request;
            return response;
        }
    }

    /// <summary>A request as it left the client.</summary>
    internal sealed record Sent(HttpMethod Method, Uri Uri, string? Authorization, string Accept, string? MediaType, string Body)
    {
        public IReadOnlyList<KeyValuePair<string, string>> Form =>
            [.. Body.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=', 2))
                .Select(part => new KeyValuePair<string, string>(Decode(part[0]), Decode(part[1])))];

        public string? this[string name] => Form.Where(field => field.Key == name).Select(field => field.Value).SingleOrDefault();

        public static async Task<Sent> ReadAsync(HttpRequestMessage request) => new(
            request.Method, request.RequestUri!,
            request.Headers.TryGetValues("Authorization", out var values) ? string.Join(", ", values) : null,
            string.Join(", ", request.Headers.GetValues("Accept")),
            request.Content?.Headers.ContentType?.MediaType,
            request.Content is null ? "" : await request.Content.ReadAsStringAsync());

        private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
    }
}
