using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Client authentication by certificate (RFC 8705 §2).</summary>
internal static class CertificateAuthentication
{
    /// <exception cref="OAuthErrorException">The certificate is missing, or not the client's.</exception>
    public static TestClient Require(TestClient client, X509Certificate2? certificate, CertificateAuthority? certificates)
    {
        if (certificate is null)
            throw OAuthErrorException.InvalidClient("The client must present its certificate, at the address in mtls_endpoint_aliases.");
        bool isTheirs =
            client.AuthenticationMethod is "tls_client_auth"
                ? certificates!.HasIssued(certificate)
                    && new X500DistinguishedName(client.CertificateSubject!).Name == certificate.SubjectName.Name
            : client.Certificate is { } registered ? registered.RawDataMemory.Span.SequenceEqual(certificate.RawData)
            : Registered(client.PublicKeys).Contains(Convert.ToBase64String(certificate.RawData));
        return isTheirs ? client : throw OAuthErrorException.InvalidClient("The certificate is not the one this client registered.");
    }

    public static bool AreIn(JsonObject? keySet) => Registered(keySet).Any();

    /// <summary>The first certificate of each chain, in Base64 (RFC 7517 §4.7).</summary>
    private static IEnumerable<string> Registered(JsonObject? keySet) =>
        (keySet?["keys"] as JsonArray ?? [])
            .OfType<JsonObject>()
            .Select(key => (string?)(key["x5c"] as JsonArray)?.FirstOrDefault())
            .OfType<string>();
}
