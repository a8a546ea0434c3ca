using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Authenticates clients by their certificate (RFC 8705 §2).</summary>
internal static class CertificateAuthentication
{
    /// <summary>Returns the client if the certificate is the registered one.</summary>
    /// <exception cref="OAuthErrorException">The certificate is missing or is not the registered one.</exception>
    public static TestClient Validate(TestClient client, X509Certificate2? certificate, CertificateAuthority? certificates)
    {
        if (certificate is null)
            throw OAuthErrorException.InvalidClient("The client must present its certificate at the address in mtls_endpoint_aliases.");
        bool matches =
            client.AuthenticationMethod is "tls_client_auth"
                ? certificates!.HasIssued(certificate)
                    && new X500DistinguishedName(client.CertificateSubject!).Name == certificate.SubjectName.Name
            : client.Certificate is { } registered ? registered.RawDataMemory.Span.SequenceEqual(certificate.RawData)
            : RegisteredCertificates(client.PublicKeys).Contains(Convert.ToBase64String(certificate.RawData));
        return matches ? client : throw OAuthErrorException.InvalidClient("The certificate is not the registered one.");
    }

    public static bool HasCertificate(JsonObject? keySet) => RegisteredCertificates(keySet).Any();

    /// <summary>Returns the first certificate of each chain in Base64 (RFC 7517 §4.7).</summary>
    private static IEnumerable<string> RegisteredCertificates(JsonObject? keySet) =>
        (keySet?["keys"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .Select(key => (string?)(key["x5c"] as JsonArray)?.FirstOrDefault())
            .OfType<string>();
}
