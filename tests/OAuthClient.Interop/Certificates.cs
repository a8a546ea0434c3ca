using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>The self-signed certificates of the provider and the client.</summary>
internal static class Certificates
{
    public static X509Certificate2 Server { get; } = SelfSigned("CN=the provider");

    public static string ServersKey { get; } = Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    public static X509Certificate2 Client { get; } = SelfSigned("CN=the client");

    /// <summary>Returns the client's key set, as the provider registers it (RFC 8705 §2.2.2).</summary>
    public static JsonObject ClientSet()
    {
        var point = Client.GetECDsaPublicKey()!.ExportParameters(includePrivateParameters: false).Q;
        return new()
        {
            ["keys"] = new JsonArray(
                new JsonObject
                {
                    ["kty"] = "EC",
                    ["crv"] = "P-256",
                    ["x"] = System.Buffers.Text.Base64Url.EncodeToString(point.X),
                    ["y"] = System.Buffers.Text.Base64Url.EncodeToString(point.Y),
                    ["x5c"] = new JsonArray(Convert.ToBase64String(Client.RawData)),
                }
            ),
        };
    }

    /// <summary>Creates a handler that trusts only the provider's certificate.</summary>
    public static SocketsHttpHandler Network() =>
        new()
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) => presented?.GetCertHashString() == Server.GetCertHashString(),
            },
        };

    private static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }
}
