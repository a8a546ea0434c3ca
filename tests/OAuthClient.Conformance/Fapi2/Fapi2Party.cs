using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Starts a client and a server that both use the FAPI 2.0 Security Profile.</summary>
internal static class Fapi2Party
{
    public static readonly string Key = ECDsa.Create(ECCurve.NamedCurves.nistP256).ExportPkcs8PrivateKeyPem();

    /// <summary>Starts a client that authenticates by <c>private_key_jwt</c>.</summary>
    /// <param name="options">Changes the registration.</param>
    /// <param name="registered">The client as the server knows it.</param>
    /// <param name="server">Changes the server before it starts.</param>
    /// <param name="register">Adds more services.</param>
    public static Task<RelyingParty> StartAsync(
        Action<OAuthClientOptions>? options = null,
        TestClient? registered = null,
        Action<TestAuthorizationServerOptions>? server = null,
        Action<OAuthClientBuilder>? register = null
    ) =>
        RelyingParty.StartAsync(
            o =>
            {
                o.UseFapi2();
                o.ClientSecret = null;
                o.ClientAssertion.PrivateKey = Key;
                options?.Invoke(o);
            },
            registered ?? Registered(Key),
            o =>
            {
                o.UseFapi2();
                server?.Invoke(o);
            },
            register
        );

    /// <summary>Creates a client that authenticates with a key.</summary>
    /// <param name="key">The private key, of which the server knows the public one.</param>
    /// <param name="idToken">Its <c>id_token_signed_response_alg</c>.</param>
    public static TestClient Registered(string key, string? idToken = null) =>
        new()
        {
            ClientId = RelyingParty.Name,
            AuthenticationMethod = "private_key_jwt",
            PublicKeys = new() { ["keys"] = new JsonArray(JsonNode.Parse(SigningKey.Parse(key).PublicJwk)) },
            RedirectUris = { RelyingParty.Callback },
            IdTokenSigningAlgorithm = idToken,
        };

    /// <summary>Reads a part of a JWT.</summary>
    /// <param name="jwt">The JWT.</param>
    /// <param name="part">0 for the header, 1 for the claims.</param>
    public static JsonElement Read(string jwt, int part) => JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.Split('.')[part])).RootElement;
}
