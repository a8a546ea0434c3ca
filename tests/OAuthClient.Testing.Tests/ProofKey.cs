using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>A key that creates proofs of possession (RFC 9449 §4.2) on the clock of the server, and sends requests with them.</summary>
internal sealed class ProofKey(TestBed bed, AsymmetricAlgorithm? key = null, string algorithm = "ES256") : IDisposable
{
    private readonly AsymmetricAlgorithm _key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _count;

    /// <summary>Gets or sets the nonce of the next proof.</summary>
    public string? Nonce { get; set; }

    public JsonObject PublicKey
    {
        get
        {
            JsonObject jwk = Jose.PublicKey(_key);
            jwk.Remove("use");
            jwk.Remove("kid");
            return jwk;
        }
    }

    /// <summary>Gets the thumbprint of an EC key (RFC 7638 §3).</summary>
    public string Thumbprint =>
        Base64Url.EncodeToString(
            SHA256.HashData(
                Encoding.UTF8.GetBytes(
                    $"{{\"crv\":\"{PublicKey["crv"]}\",\"kty\":\"EC\",\"x\":\"{PublicKey["x"]}\",\"y\":\"{PublicKey["y"]}\"}}"
                )
            )
        );

    /// <summary>Creates a proof.</summary>
    /// <param name="method">The method of the request.</param>
    /// <param name="address">The address of the request.</param>
    /// <param name="accessToken">The access token of the request.</param>
    /// <param name="change">Changes the header and the claims before they are signed.</param>
    public string Proof(HttpMethod method, Uri address, string? accessToken = null, Action<JsonObject, JsonObject>? change = null)
    {
        JsonObject header = new()
        {
            ["typ"] = "dpop+jwt",
            ["alg"] = algorithm,
            ["jwk"] = PublicKey,
        };
        JsonObject claims = new()
        {
            ["jti"] = $"{_count++}-{Guid.NewGuid()}",
            ["htm"] = method.Method,
            ["htu"] = address.GetLeftPart(UriPartial.Path),
            ["iat"] = bed.Clock.GetUtcNow().ToUnixTimeSeconds(),
        };
        if (accessToken is not null)
            claims["ath"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)));
        if (Nonce is not null)
            claims["nonce"] = Nonce;
        change?.Invoke(header, claims);
        return Sign(header, claims.ToJsonString());
    }

    public string Sign(JsonObject header, string claims) => Sign(_key, header, claims);

    /// <summary>Signs a JWT with the algorithm of its header.</summary>
    public static string Sign(AsymmetricAlgorithm key, JsonObject header, string claims)
    {
        string input = Encode(header.ToJsonString()) + "." + Encode(claims);
        return input + "." + Base64Url.EncodeToString(Signature(key, Encoding.ASCII.GetBytes(input), $"{header["alg"]}"));
    }

    /// <summary>Sends a form to an endpoint with a proof.</summary>
    public Task<HttpResponseMessage> PostAsync(
        Uri endpoint,
        AuthenticationHeaderValue? authorization,
        params (string Name, string? Value)[] form
    ) => bed.PostAsync(endpoint, authorization, [Proof(HttpMethod.Post, endpoint)], form);

    /// <summary>Requests an access token for test-client itself.</summary>
    public Task<HttpResponseMessage> RequestTokenAsync() =>
        PostAsync(bed.Server.TokenEndpoint, TestBed.Basic("test-client", "test-secret"), ("grant_type", "client_credentials"));

    public async Task<string> AccessTokenAsync() =>
        (string)(await TestBed.JsonAsync(await RequestTokenAsync(), HttpStatusCode.OK))["access_token"]!;

    /// <summary>Sends a request to a protected resource, with the access token and a proof.</summary>
    public Task<HttpResponseMessage> GetAsync(Uri address, string accessToken, string scheme = "DPoP") =>
        bed.GetAsync(address, new AuthenticationHeaderValue(scheme, accessToken), Proof(HttpMethod.Get, address, accessToken));

    public void Dispose() => _key.Dispose();

    private static byte[] Signature(AsymmetricAlgorithm key, byte[] input, string alg) =>
        (key, alg) switch
        {
            (_, "none") => [],
            (_, ['H', ..]) => HMACSHA256.HashData("secret"u8, input),
            (ECDsa ec, ['E', ..]) => ec.SignData(input, Jose.Hash(alg)),
            (RSA rsa, ['P', ..]) => rsa.SignData(input, Jose.Hash(alg), RSASignaturePadding.Pss),
            (RSA rsa, _) => rsa.SignData(input, Jose.Hash(alg), RSASignaturePadding.Pkcs1),
            _ => [1, 2, 3],
        };

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
