using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>The key or the certificate that a token is bound to (<c>cnf</c>, RFC 7800 §3.1).</summary>
/// <param name="Method">The member of <c>cnf</c>: <c>jkt</c> (RFC 9449 §6.1) or <c>x5t#S256</c> (RFC 8705 §3.1).</param>
/// <param name="Thumbprint">The thumbprint of the key or of the certificate.</param>
internal sealed record Confirmation(string Method, string Thumbprint)
{
    public bool IsKey => Method is "jkt";

    public static Confirmation OfKey(string thumbprint) => new("jkt", thumbprint);

    public static Confirmation Of(X509Certificate2 certificate) =>
        new("x5t#S256", Base64Url.EncodeToString(SHA256.HashData(certificate.RawData)));

    public JsonObject ToJson() => new() { [Method] = Thumbprint };
}
