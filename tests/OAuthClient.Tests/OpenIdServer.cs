using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A scripted OpenID provider that signs any ID Token and logout token a test writes.</summary>
internal sealed class OpenIdServer : IAsyncDisposable
{
    public const string SignedOut = "https://app.example/signed-out";
    public const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    private readonly TestKey key = TestKey.Rsa;
    private JsonObject? idToken;
    private int tokens;

    public OpenIdServer(Action<OAuthClientOptions>? options = null, Action<IServiceCollection>? registerFirst = null)
    {
        Script = new(
            o =>
            {
                o.Issuer = new(ScriptedServer.Origin);
                o.JwksUri = new(ScriptedServer.Origin + "/jwks");
                o.EndSessionEndpoint = new(ScriptedServer.Origin + "/logout");
                o.PostLogoutRedirectUri = new(SignedOut);
                o.Scopes = ["openid"];
                options?.Invoke(o);
            },
            registerFirst: registerFirst
        );
        Script.Answers(Answer);
    }

    public ScriptedServer Script { get; }
    public IOAuthClient Client => Script.Client;
    public IGrantStore Store => Script.Store;
    public OpenIdSignIn SignIn => Script.Services.GetRequiredService<OpenIdSignIn>();
    public OpenIdLogout Logout => Script.Services.GetRequiredService<OpenIdLogout>();

    /// <summary>Gets or sets the response of the revocation endpoint.</summary>
    public Func<HttpResponseMessage> Revoke { get; set; } = () => ScriptedServer.Json(200, "");

    public static GrantOwner OwnerOf(string subject) => GrantOwner.Subject(ScriptedServer.Origin, subject);

    public IEnumerable<string> Revoked =>
        Script.Requests.Where(request => request.Uri.AbsolutePath == "/revoke").Select(request => request["token"]!);

    /// <summary>Signs in a user without an existing session.</summary>
    public async Task<Grant> SignInAsync(
        string subject = "alice",
        string? sessionId = "s1",
        Action<JsonObject>? claims = null,
        AuthorizationParameters? parameters = null
    )
    {
        var (pending, response) = await AnsweredAsync(subject, sessionId, claims, parameters);
        return await SignIn.CompleteAsync(pending, response);
    }

    /// <summary>Connects an account of the server with an existing user of the application.</summary>
    public async Task<Grant> ConnectAsync(
        GrantOwner owner,
        string subject = "alice",
        string? sessionId = "s1",
        AuthorizationParameters? parameters = null
    )
    {
        var (pending, response) = await AnsweredAsync(subject, sessionId, claims: null, parameters);
        return await Client.CompleteAuthorizationAsync(pending, response, owner);
    }

    /// <summary>Authorizes a signed-in user again.</summary>
    public async Task<Grant> RenewAsync(GrantOwner owner, AuthorizationParameters? parameters = null)
    {
        var pending = await SignIn.BeginRenewalAsync(parameters);
        return await Client.CompleteAuthorizationAsync(pending, Answered(pending, "alice", "s1"), owner);
    }

    public async Task<(PendingAuthorization Pending, AuthorizationResponse Response)> AnsweredAsync(
        string subject,
        string? sessionId,
        Action<JsonObject>? claims = null,
        AuthorizationParameters? parameters = null
    )
    {
        var pending = await Client.BeginAuthorizationAsync(parameters);
        return (pending, Answered(pending, subject, sessionId, claims));
    }

    private AuthorizationResponse Answered(
        PendingAuthorization pending,
        string subject,
        string? sessionId,
        Action<JsonObject>? claims = null
    )
    {
        var query = QueryHelpers.ParseQuery(pending.AuthorizationUri.Query);
        idToken = Claims(subject, sessionId);
        if (query.TryGetValue("nonce", out var nonce))
            idToken["nonce"] = nonce.ToString();
        claims?.Invoke(idToken);
        return AuthorizationResponse.Parse($"https://app.example/callback?code=c&state={query["state"]}");
    }

    /// <summary>Creates the logout token that the server posts when alice signs out there.</summary>
    public string LogoutToken(
        Action<JsonObject>? change = null,
        string header = """{"alg":"RS256","kid":"key-1","typ":"logout+jwt"}""",
        string? subject = "alice",
        string? sessionId = "s1"
    )
    {
        var claims = Claims(subject, sessionId);
        claims["jti"] = "j1";
        claims["events"] = new JsonObject { [LogoutEvent] = new JsonObject() };
        change?.Invoke(claims);
        return key.Sign("RS256", header, claims.ToJsonString());
    }

    public HttpResponseMessage Answer(ScriptedServer.SentRequest sentRequest) =>
        sentRequest.Uri.AbsolutePath switch
        {
            "/jwks" => ScriptedServer.Json(200, SigningKeys.Set(key.Jwk())),
            "/token" => ScriptedServer.Json(200, Tokens()),
            "/revoke" => Revoke(),
            _ => ScriptedServer.Json(404, ""),
        };

    public async Task<IEnumerable<string>> LeftAsync(string subject = "alice") =>
        (await Store.FindAsync("", OwnerOf(subject), default)).Select(grant => grant.SessionId ?? "none");

    public ValueTask DisposeAsync() => Script.DisposeAsync();

    private JsonObject Claims(string? subject, string? sessionId)
    {
        var now = Script.Clock.GetUtcNow();
        var claims = new JsonObject
        {
            ["iss"] = ScriptedServer.Origin,
            ["aud"] = "client",
            ["iat"] = now.ToUnixTimeSeconds(),
            ["exp"] = now.AddMinutes(2).ToUnixTimeSeconds(),
        };
        if (subject is not null)
            claims["sub"] = subject;
        if (sessionId is not null)
            claims["sid"] = sessionId;
        return claims;
    }

    private string Tokens()
    {
        int number = Interlocked.Increment(ref tokens);
        var answer = new JsonObject
        {
            ["access_token"] = $"at-{number}",
            ["token_type"] = "Bearer",
            ["expires_in"] = 3600,
            ["refresh_token"] = $"rt-{number}",
        };
        if (Interlocked.Exchange(ref idToken, null) is { } claims)
            answer["id_token"] = key.Sign("RS256", """{"alg":"RS256","kid":"key-1"}""", claims.ToJsonString());
        return answer.ToJsonString();
    }
}
