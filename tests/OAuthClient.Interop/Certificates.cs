using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Interop;

/// <summary>The self-signed certificates of the provider and the client.</summary>
internal static class Certificates
{
    // RFC 5280 §4.2.1.12: the extended key usages.
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    public static X509Certificate2 Server { get; } = SelfSigned(ForEllipticCurve("CN=the provider"), ServerAuthentication);

    public static string ServersKey { get; } = Server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    /// <summary>Gets the client's certificate. Its key is RSA, because OpenIddict reads no other from a key set.</summary>
    public static X509Certificate2 Client { get; } = SelfSigned(ForRsa("CN=the client"), ClientAuthentication);

    /// <summary>Returns the client's key set, as the provider registers it (RFC 8705 §2.2.2).</summary>
    public static JsonObject ClientSet()
    {
        var numbers = Client.GetRSAPublicKey()!.ExportParameters(includePrivateParameters: false);
        return new()
        {
            ["keys"] = new JsonArray(
                new JsonObject
                {
                    ["kty"] = "RSA",
                    ["use"] = "sig",
                    ["n"] = Base64Url.EncodeToString(numbers.Modulus),
                    ["e"] = Base64Url.EncodeToString(numbers.Exponent),
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

    private static CertificateRequest ForEllipticCurve(string name) =>
        new(name, ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);

    private static CertificateRequest ForRsa(string name) =>
        new(name, RSA.Create(2048), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private static X509Certificate2 SelfSigned(CertificateRequest request, string usage)
    {
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new(usage)], critical: false));
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }
}
