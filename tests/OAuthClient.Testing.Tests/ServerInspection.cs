using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;

namespace OAuthClient.Testing.Tests;

/// <summary>Inspects all responses of the server and collects the problems that a strict client reports.</summary>
internal sealed class ServerInspection(TestBed bed, string algorithm)
{
    private const string PostLogoutRedirectUri = "http://127.0.0.1:5005/signed-out";
    private const string Secret = "a secret of the thirty-two bytes that HS256 needs";

    private readonly List<string> _problems = [];
    private JsonArray _keys = [];

    public string IdToken { get; private set; } = "";

    /// <summary>Performs a login, a refresh, a request to each endpoint and a logout. Each problem has the form "place: problem".</summary>
    public async Task<IReadOnlyList<string>> ProblemsAsync()
    {
        TestClient client = bed.Server.AddClient(
            new TestClient
            {
                ClientId = "photos",
                ClientSecret = Secret,
                RedirectUris = { TestBed.RedirectUri },
                PostLogoutRedirectUris = { PostLogoutRedirectUri },
                IdTokenSigningAlgorithm = algorithm,
                UserInfoSigningAlgorithm = algorithm,
                IntrospectionSigningAlgorithm = algorithm,
                AuthorizationResponseSigningAlgorithm = algorithm,
            }
        );
        await InspectMetadataAsync();
        SignInOptions browser = new() { Cookies = new CookieContainer() };
        Uri callback = await bed.Server.SignInAsync(
            bed.AuthorizationUri(("client_id", "photos"), ("acr_values", "gold"), ("max_age", "600")),
            browser
        );
        long signedInAt = Now;
        string code = InspectCallback(callback);
        bed.Clock.Advance(TimeSpan.FromSeconds(30));
        JsonObject tokens = await PostAsync(
            bed.Server.TokenEndpoint,
            "application/json",
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", TestBed.RedirectUri),
            ("code_verifier", TestBed.Verifier)
        );
        _keys = await bed.KeysAsync();
        InspectIdToken("id_token", tokens, "the nonce", signedInAt);
        bed.Clock.Advance(TimeSpan.FromSeconds(30));
        JsonObject refreshed = await PostAsync(
            bed.Server.TokenEndpoint,
            "application/json",
            ("grant_type", "refresh_token"),
            ("refresh_token", (string)tokens["refresh_token"]!)
        );
        InspectIdToken("refreshed", refreshed, nonce: null, signedInAt);
        string accessToken = (string)refreshed["access_token"]!;
        using HttpResponseMessage userInfo = await bed.GetAsync(bed.Server.UserInfoEndpoint, accessToken);
        JsonObject userInfoClaims = InspectJwt("userinfo", await userInfo.Content.ReadAsStringAsync(), "JWT");
        Expect("userinfo: sub", (string?)userInfoClaims["sub"] == "alice");
        JsonObject introspected = InspectJwt(
            "introspection",
            await PostForTextAsync(bed.Server.IntrospectionEndpoint, "application/token-introspection+jwt", ("token", accessToken)),
            "token-introspection+jwt"
        );
        Expect("introspection: active", introspected["token_introspection"]?["active"]?.GetValue<bool>() is true);
        InspectResponse(await bed.Server.SignInAsync(bed.AuthorizationUri(("client_id", "photos"), ("response_mode", "jwt")), browser));
        InspectLogoutToken(bed.Server.CreateLogoutToken(client, "alice", "a session"));
        Uri? redirect = await bed.Server.SignOutAsync(
            new Uri(
                bed.Server.EndSessionEndpoint
                    + "?client_id=photos&state=here&post_logout_redirect_uri="
                    + Uri.EscapeDataString(PostLogoutRedirectUri)
            ),
            browser.Cookies
        );
        Expect("post_logout: state", redirect!.Query == "?state=here");
        return _problems;
    }

    private long Now => bed.Clock.GetUtcNow().ToUnixTimeSeconds();

    private void Expect(string problem, bool isCorrect)
    {
        if (!isCorrect)
            _problems.Add(problem);
    }

    private async Task InspectMetadataAsync()
    {
        JsonObject metadata = await bed.MetadataAsync();
        Expect("metadata: issuer", (string?)metadata["issuer"] == bed.Server.Issuer.OriginalString);
        Expect(
            "metadata: code_challenge_methods_supported",
            metadata["code_challenge_methods_supported"]!.ToJsonString() == """["S256"]"""
        );
    }

    private string InspectCallback(Uri callback)
    {
        var query = QueryHelpers.ParseQuery(callback.Query);
        Expect("callback: code", query["code"].Count == 1);
        Expect("callback: state", query.TryGetValue("state", out var state) && state == "the state");
        Expect("callback: iss", query.TryGetValue("iss", out var issuer) && issuer == bed.Server.Issuer.OriginalString);
        return query["code"][0]!;
    }

    private void InspectIdToken(string place, JsonObject tokens, string? nonce, long signedInAt)
    {
        if ((string?)tokens["id_token"] is not { } token)
        {
            _problems.Add(place + ": missing");
            return;
        }

        if (place is "id_token")
            IdToken = token;
        JsonObject claims = InspectJwt(place, token, "JWT");
        Expect(place + ": sub", (string?)claims["sub"] == "alice");
        Expect(place + ": azp", (string?)claims["azp"] is null or "photos");
        InspectTimes(place, claims);
        Expect(place + ": nonce", (string?)claims["nonce"] == nonce);
        byte[] hash = CryptographicOperations.HashData(Jose.Hash(algorithm), Encoding.ASCII.GetBytes((string)tokens["access_token"]!));
        Expect(place + ": at_hash", (string?)claims["at_hash"] == Base64Url.EncodeToString(hash.AsSpan(0, hash.Length / 2)));
        Expect(place + ": acr", (string?)claims["acr"] == "gold");
        Expect(place + ": auth_time", (long?)claims["auth_time"] == signedInAt);
        Expect(place + ": sid", (string?)claims["sid"] is { Length: > 0 });
    }

    private void InspectResponse(Uri callback)
    {
        var query = QueryHelpers.ParseQuery(callback.Query);
        if (query.Keys.ToArray() is not ["response"])
        {
            _problems.Add("response: missing");
            return;
        }

        JsonObject claims = InspectJwt("response", query["response"]!, "JWT");
        Expect("response: exp", (long?)claims["exp"] is { } expiry && expiry > Now);
        // The defects of a callback change the parameters within the JWT too, and are reported there.
        Expect("response: code", claims.ContainsKey("code"));
    }

    private void InspectLogoutToken(string token)
    {
        JsonObject claims = InspectJwt("logout_token", token, "logout+jwt");
        Expect("logout_token: sub, sid", ((string?)claims["sub"], (string?)claims["sid"]) == ("alice", "a session"));
        InspectTimes("logout_token", claims);
        Expect("logout_token: jti", (string?)claims["jti"] is { Length: > 0 });
        Expect("logout_token: events", claims["events"]?["http://schemas.openid.net/event/backchannel-logout"] is JsonObject);
        Expect("logout_token: nonce", !claims.ContainsKey("nonce"));
    }

    private void InspectTimes(string place, JsonObject claims)
    {
        Expect(place + ": exp", (long?)claims["exp"] is { } expiry && expiry > Now);
        Expect(place + ": iat", (long?)claims["iat"] == Now);
    }

    /// <summary>Inspects what all JWTs have in common: size, header, signature, duplicate members, issuer and audience.</summary>
    private JsonObject InspectJwt(string place, string token, string type)
    {
        JsonObject header = Jose.Header(token);
        Expect(place + ": size", token.Length < 16 * 1024);
        Expect(place + ": typ", (string?)header["typ"] == type);
        foreach (string name in new[] { "crit", "jku", "jwk", "x5u" })
            Expect($"{place}: {name}", !header.ContainsKey(name));
        InspectSignature(place, token, header);
        byte[] payload = Base64Url.DecodeFromChars(token.Split('.')[1]);
        try
        {
            using JsonDocument strict = JsonDocument.Parse(payload, new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            _problems.Add(place + ": duplicate member");
        }

        using JsonDocument parsed = JsonDocument.Parse(payload);
        JsonObject claims = new(
            parsed
                .RootElement.EnumerateObject()
                .DistinctBy(member => member.Name)
                .Select(member =>
                    KeyValuePair.Create(member.Name, JsonNode.Parse(parsed.RootElement.GetProperty(member.Name).GetRawText()))
                )
        );
        Expect(place + ": iss", (string?)claims["iss"] == bed.Server.Issuer.OriginalString);
        Expect(place + ": aud", claims["aud"] is JsonValue audience && (string?)audience == "photos");
        return claims;
    }

    private void InspectSignature(string place, string token, JsonObject header)
    {
        string used = (string)header["alg"]!;
        Expect(place + ": alg", used == algorithm);
        if (used is "none")
            Expect(place + ": signature", token.EndsWith('.'));
        else if (used is "HS256")
            Expect(place + ": signature", Jose.VerifiesHmac(token, Encoding.UTF8.GetBytes(Secret)));
        else if (_keys.FirstOrDefault(key => (string?)key!["kid"] == (string?)header["kid"]) is not { } key)
            _problems.Add(place + ": kid");
        else
            Expect(place + ": signature", (string?)key["alg"] == used && Jose.Verifies(token, key.AsObject()));
    }

    private async Task<JsonObject> PostAsync(Uri endpoint, string accept, params (string Name, string Value)[] form) =>
        JsonNode.Parse(await PostForTextAsync(endpoint, accept, form))!.AsObject();

    private async Task<string> PostForTextAsync(Uri endpoint, string accept, params (string Name, string Value)[] form)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, endpoint)
        {
            Content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))),
        };
        request.Headers.Authorization = TestBed.Basic("photos", Secret);
        request.Headers.Add("Accept", accept);
        using HttpResponseMessage response = await bed.Http.SendAsync(request);
        string body = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), body);
        return body;
    }
}
