using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace OAuthClient.Testing.Tests;

/// <summary>Runs a server on a manual clock and sends the HTTP requests of its client.</summary>
internal sealed class TestBed : IAsyncDisposable
{
    public const string RedirectUri = "http://127.0.0.1:5005/callback";
    public const string Verifier = "a-code-verifier-of-just-the-length-that-is-needed-0";

    private TestBed(TestAuthorizationServer server, ManualTimeProvider clock) => (Server, Clock) = (server, clock);

    public TestAuthorizationServer Server { get; }

    public ManualTimeProvider Clock { get; }

    public HttpClient Http { get; } =
        new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
            }
        );

    public static string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    public static async Task<TestBed> StartAsync(Action<TestAuthorizationServerOptions>? configure = null)
    {
        ManualTimeProvider clock = new();
        TestAuthorizationServer server = await TestAuthorizationServer.StartAsync(options =>
        {
            options.TimeProvider = clock;
            options.RedirectUris.Add(RedirectUri);
            configure?.Invoke(options);
        });
        return new(server, clock);
    }

    /// <summary>Creates an authorization request of test-client; a null value omits a parameter.</summary>
    public Uri AuthorizationUri(params (string Name, string? Value)[] changes)
    {
        List<(string Name, string? Value)> parameters =
        [
            ("response_type", "code"),
            ("client_id", "test-client"),
            ("redirect_uri", RedirectUri),
            ("scope", "openid profile api offline_access"),
            ("state", "the state"),
            ("nonce", "the nonce"),
            ("code_challenge", Challenge),
            ("code_challenge_method", "S256"),
        ];
        parameters.RemoveAll(parameter => changes.Any(change => change.Name == parameter.Name));
        parameters.AddRange(changes);
        return new Uri(Server.AuthorizationEndpoint + "?" + Encode(parameters));
    }

    public Task<Uri> SignInAsync(params (string Name, string? Value)[] changes) => Server.SignInAsync(AuthorizationUri(changes));

    public async Task<string> CodeAsync(params (string Name, string? Value)[] changes) => Query(await SignInAsync(changes))["code"];

    /// <summary>Sends a form as test-client with client_secret_basic.</summary>
    public Task<HttpResponseMessage> PostAsync(Uri endpoint, params (string Name, string? Value)[] form) =>
        PostAsync(endpoint, Basic("test-client", "test-secret"), form);

    public Task<HttpResponseMessage> PostAsync(
        Uri endpoint,
        AuthenticationHeaderValue? authorization,
        params (string Name, string? Value)[] form
    ) => PostAsync(endpoint, authorization, [], form);

    /// <summary>Sends a form with DPoP headers.</summary>
    public async Task<HttpResponseMessage> PostAsync(
        Uri endpoint,
        AuthenticationHeaderValue? authorization,
        IEnumerable<string> proofs,
        params (string Name, string? Value)[] form
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(Encode(form), Encoding.UTF8, "application/x-www-form-urlencoded"),
        };
        request.Headers.Authorization = authorization;
        foreach (string proof in proofs)
            request.Headers.Add("DPoP", proof);
        return await Http.SendAsync(request);
    }

    public Task<HttpResponseMessage> RedeemAsync(string code, params (string Name, string? Value)[] changes)
    {
        List<(string Name, string? Value)> form =
        [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", RedirectUri),
            ("code_verifier", Verifier),
        ];
        form.RemoveAll(field => changes.Any(change => change.Name == field.Name));
        return PostAsync(Server.TokenEndpoint, [.. form, .. changes]);
    }

    public Task<HttpResponseMessage> RefreshAsync(string refreshToken, params (string Name, string? Value)[] more) =>
        PostAsync(Server.TokenEndpoint, [("grant_type", "refresh_token"), ("refresh_token", refreshToken), .. more]);

    /// <summary>Signs in, redeems the code and returns the token response.</summary>
    public async Task<JsonObject> TokensAsync(params (string Name, string? Value)[] changes) =>
        await JsonAsync(await RedeemAsync(await CodeAsync(changes)), HttpStatusCode.OK);

    /// <summary>Signs in at another client, redeems the code and returns the token response.</summary>
    public async Task<JsonObject> TokensAsync(
        TestClient client,
        SignInOptions? options = null,
        params (string Name, string? Value)[] changes
    )
    {
        Uri callback = await Server.SignInAsync(AuthorizationUri([("client_id", client.ClientId), .. changes]), options);
        return await JsonAsync(
            await PostAsync(
                Server.TokenEndpoint,
                Basic(client.ClientId, client.ClientSecret!),
                ("grant_type", "authorization_code"),
                ("code", Query(callback)["code"]),
                ("redirect_uri", RedirectUri),
                ("code_verifier", Verifier)
            ),
            HttpStatusCode.OK
        );
    }

    public Task<HttpResponseMessage> GetAsync(Uri uri, string? accessToken = null) =>
        GetAsync(uri, accessToken is null ? null : new AuthenticationHeaderValue("Bearer", accessToken));

    public async Task<HttpResponseMessage> GetAsync(Uri uri, AuthenticationHeaderValue? authorization, params string[] proofs)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, uri);
        request.Headers.Authorization = authorization;
        foreach (string proof in proofs)
            request.Headers.Add("DPoP", proof);
        return await Http.SendAsync(request);
    }

    public async Task<JsonArray> KeysAsync() => (await JsonAsync(await GetAsync(Server.JwksUri), HttpStatusCode.OK))["keys"]!.AsArray();

    public async Task<JsonObject> MetadataAsync() =>
        await JsonAsync(
            await GetAsync(new Uri(Server.Issuer, "/.well-known/oauth-authorization-server" + Server.Issuer.AbsolutePath.TrimEnd('/'))),
            HttpStatusCode.OK
        );

    public async Task<HttpStatusCode> UserInfoStatusAsync(string accessToken)
    {
        using HttpResponseMessage response = await GetAsync(Server.UserInfoEndpoint, accessToken);
        return response.StatusCode;
    }

    public static AuthenticationHeaderValue Basic(string id, string secret) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(WebUtility.UrlEncode(id) + ":" + WebUtility.UrlEncode(secret))));

    public static IReadOnlyDictionary<string, string> Query(Uri uri) =>
        QueryHelpers.ParseQuery(uri.Query).ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);

    public static async Task<JsonObject> JsonAsync(HttpResponseMessage response, HttpStatusCode expected)
    {
        using (response)
        {
            string body = await response.Content.ReadAsStringAsync();
            Assert.That(response.StatusCode, Is.EqualTo(expected), body);
            return JsonNode.Parse(body)!.AsObject();
        }
    }

    /// <summary>Returns the error code of an error response (RFC 6749 §5.2).</summary>
    public static async Task<string?> ErrorAsync(HttpResponseMessage response, HttpStatusCode expected = HttpStatusCode.BadRequest) =>
        (string?)(await JsonAsync(response, expected))["error"];

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }

    private static string Encode(IEnumerable<(string Name, string? Value)> parameters) =>
        string.Join(
            '&',
            parameters
                .Where(pair => pair.Value is not null)
                .Select(pair => Uri.EscapeDataString(pair.Name) + "=" + Uri.EscapeDataString(pair.Value!))
        );
}
