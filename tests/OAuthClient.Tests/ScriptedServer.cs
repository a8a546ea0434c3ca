using System.Net;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>
/// A client whose authorization server returns scripted responses, for responses that no real server gives. The endpoints are set in the
/// options. A request is retried only when the test enables retries.
/// </summary>
internal sealed class ScriptedServer : IAsyncDisposable
{
    public const string Origin = "https://as.example";

    private readonly Script script;
    private readonly Lock gate = new();
    private readonly List<SentRequest> requests = [];
    private readonly ServiceProvider provider;
    private Func<SentRequest, Task<HttpResponseMessage>> answer = _ => Task.FromResult(Json(200, Tokens("at", expiresIn: null)));

    public ScriptedServer(
        Action<OAuthClientOptions>? options = null,
        Action<OAuthClientBuilder>? register = null,
        Action<IServiceCollection>? registerFirst = null,
        bool retries = false
    )
    {
        script = new Script(sentRequest =>
        {
            lock (gate)
                requests.Add(sentRequest);
            return answer(sentRequest);
        });
        ServiceCollection collection = new();
        collection.AddSingleton<TimeProvider>(Clock);
        collection.AddSingleton<ILoggerProvider>(Log);
        registerFirst?.Invoke(collection);
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
        if (!retries)
            builder.UseResilience(_ => { });
        register?.Invoke(builder);
        provider = collection.BuildServiceProvider();
    }

    public ManualTimeProvider Clock { get; } = new();
    public RecordedLog Log { get; } = new();
    public IServiceProvider Services => provider;
    public IOAuthClient Client => provider.GetRequiredService<IOAuthClient>();
    public IGrantStore Store => provider.GetRequiredService<IGrantStore>();

    public IReadOnlyList<SentRequest> Requests
    {
        get
        {
            lock (gate)
                return [.. requests];
        }
    }

    public SentRequest Only => Requests.Single();

    /// <summary>Creates the JSON of a token response. Members that are null are omitted.</summary>
    public static string Tokens(string accessToken, string? refreshToken = null, int? expiresIn = 3600, string? scope = null) =>
        $$"""{"access_token":"{{accessToken}}","token_type":"Bearer"{{Member("refresh_token", refreshToken)}}{{Member("scope", scope)}}"""
        + (expiresIn is null ? "}" : $",\"expires_in\":{expiresIn}}}");

    public static HttpResponseMessage Json(int status, string body) => Text(status, body, "application/json");

    public static HttpResponseMessage Text(int status, string body, string mediaType) =>
        new((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, mediaType) };

    public static HttpResponseMessage Bytes(int status, byte[] body) =>
        new((HttpStatusCode)status) { Content = new ByteArrayContent(body) };

    public void AnswersAsync(Func<SentRequest, Task<HttpResponseMessage>> next) => answer = next;

    public void Answers(Func<SentRequest, HttpResponseMessage> next) => AnswersAsync(sentRequest => Task.FromResult(next(sentRequest)));

    public void Answers(string json, int status = 200) => Answers(_ => Json(status, json));

    /// <summary>Signs in with these tokens and clears the recorded requests.</summary>
    public async Task<Grant> SignedInAsync(string tokens, string owner = "42", AuthorizationParameters? parameters = null)
    {
        Answers(tokens);
        var grant = await SignInAsync(owner, parameters);
        lock (gate)
            requests.Clear();
        return grant;
    }

    /// <summary>Completes the authorization code flow against the script.</summary>
    public async Task<Grant> SignInAsync(string owner = "42", AuthorizationParameters? parameters = null)
    {
        var pending = await Client.BeginAuthorizationAsync(parameters);
        string state = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query)["state"]!;
        return await Client.CompleteAuthorizationAsync(
            pending,
            AuthorizationResponse.Parse(new Uri($"https://app.example/callback?code=the-code&state={state}")),
            GrantOwner.User(owner)
        );
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        script.Dispose();
    }

    private static string Member(string name, string? value) => value is null ? "" : $",\"{name}\":\"{value}\"";

    // Not MockHttp, which never completes the request when the function that creates the response throws.
    private sealed class Script(Func<SentRequest, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await answer(await SentRequest.ReadAsync(request));
            response.RequestMessage = request;
            return response;
        }
    }

    /// <summary>A request as the client sent it.</summary>
    internal sealed record SentRequest(HttpMethod Method, Uri Uri, string? Authorization, string Accept, string? MediaType, string Body)
    {
        /// <summary>Gets the proof of possession (RFC 9449 §4.1).</summary>
        public string? Proof { get; init; }

        public IReadOnlyList<KeyValuePair<string, string>> Form =>
            [
                .. Body.Split('&', StringSplitOptions.RemoveEmptyEntries)
                    .Select(part => part.Split('=', 2))
                    .Select(part => new KeyValuePair<string, string>(Decode(part[0]), Decode(part[1]))),
            ];

        public string? this[string name] => Form.Where(field => field.Key == name).Select(field => field.Value).SingleOrDefault();

        public static async Task<SentRequest> ReadAsync(HttpRequestMessage request) =>
            new(
                request.Method,
                request.RequestUri!,
                request.Headers.TryGetValues("Authorization", out var values) ? string.Join(", ", values) : null,
                string.Join(", ", request.Headers.GetValues("Accept")),
                request.Content?.Headers.ContentType?.MediaType,
                request.Content is null ? "" : await request.Content.ReadAsStringAsync()
            )
            {
                Proof = request.Headers.TryGetValues("DPoP", out var proofs) ? string.Join(", ", proofs) : null,
            };

        private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
    }
}
