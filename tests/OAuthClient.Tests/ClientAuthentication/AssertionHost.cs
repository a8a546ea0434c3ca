using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Starts a server and a client that authenticates by assertions.</summary>
internal static class AssertionHost
{
    public static readonly string EcPem = Pem(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static async Task<OAuthTestHost> StartAsync(
        Action<ClientAssertionOptions> assertion,
        JsonObject keys,
        Action<OAuthClientBuilder>? register = null,
        Action<TestAuthorizationServerOptions>? server = null,
        bool retries = false
    )
    {
        var host = await OAuthTestHost.StartAsync(
            o =>
            {
                o.ClientSecret = null;
                o.ClientAuthentication = ClientAuthenticationMethod.PrivateKeyJwt;
                assertion(o.ClientAssertion);
            },
            register,
            server: server,
            retries: retries
        );
        host.Server.AddClient(Client(keys));
        return host;
    }

    public static TestClient Client(JsonObject keys) =>
        new()
        {
            ClientId = OAuthTestHost.ClientName,
            AuthenticationMethod = "private_key_jwt",
            PublicKeys = keys,
            RedirectUris = { OAuthTestHost.Callback },
        };

    public static JsonObject KeySet(string pem, string keyId = "key-1")
    {
        var jwk = JsonNode.Parse(SigningKey.Parse(pem).PublicJwk)!.AsObject();
        jwk["kid"] = keyId;
        return new() { ["keys"] = new JsonArray(jwk) };
    }

    public static string PrivateJwk()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(EcPem);
        var jwk = JsonNode.Parse(SigningKey.Parse(EcPem).PublicJwk)!.AsObject();
        jwk["d"] = Base64Url.EncodeToString(key.ExportParameters(includePrivateParameters: true).D);
        (jwk["kid"], jwk["alg"]) = ("from-jwk", "ES256");
        return jwk.ToJsonString();
    }

    public static JsonElement Part(string jwt, int index) =>
        JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.Split('.')[index])).RootElement;

    public static string Pem(AsymmetricAlgorithm key) => key.ExportPkcs8PrivateKeyPem();

    public static string PublicPem()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(EcPem);
        return key.ExportSubjectPublicKeyInfoPem();
    }
}
