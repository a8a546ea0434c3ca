using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Web;

namespace OAuthClient.Benchmarks;

/// <summary>
/// An in-memory OpenID provider. The responses are signed before the measurement, because a signature costs more than its verification.
/// </summary>
internal sealed class OpenIdServer : HttpMessageHandler
{
    public const string Issuer = "https://as.example.com";

    private static readonly MediaTypeHeaderValue Json = new("application/json");
    private static readonly string AccessToken = new('x', 760);

    private readonly RSA key;
    private readonly ConcurrentDictionary<string, byte[]> responses = new(StringComparer.Ordinal);
    private readonly byte[] keys;

    public OpenIdServer(RSA key)
    {
        this.key = key;
        var parameters = key.ExportParameters(includePrivateParameters: false);
        keys = Encoding.UTF8.GetBytes(
            $$"""
            {"keys":[{"kty":"RSA","kid":"1","use":"sig","alg":"RS256",
            "n":"{{Base64Url.EncodeToString(parameters.Modulus)}}","e":"{{Base64Url.EncodeToString(parameters.Exponent)}}"}]}
            """
        );
    }

    /// <summary>Prepares the token response for an authorization.</summary>
    /// <param name="number">The number of the authorization, which is its code.</param>
    /// <param name="authorizationUri">The address of the authorization request, which contains the nonce.</param>
    public void Prepare(int number, Uri authorizationUri)
    {
        string nonce = HttpUtility.ParseQueryString(authorizationUri.Query)["nonce"]!;
        long now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        string payload = string.Create(
            CultureInfo.InvariantCulture,
            $$"""
            {"iss":"{{Issuer}}","sub":"alice","aud":"{{Sample.ClientId}}","exp":{{now + 3600}},"iat":{{now}},"nonce":"{{nonce}}"}
            """
        );
        string input = Encode("""{"alg":"RS256","kid":"1","typ":"JWT"}""") + "." + Encode(payload);
        byte[] signature = key.SignData(Encoding.ASCII.GetBytes(input), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        responses[Code(number)] = Encoding.UTF8.GetBytes(
            $$"""
            {
              "access_token": "{{AccessToken}}",
              "token_type": "Bearer",
              "expires_in": 3600,
              "refresh_token": "3AWZCR7VqTbG1mTqK2Nd0uYlX5oHs8Ee",
              "scope": "{{string.Join(' ', Sample.Scopes)}}",
              "id_token": "{{input}}.{{Base64Url.EncodeToString(signature)}}"
            }
            """
        );
    }

    public static string Code(int number) => string.Create(CultureInfo.InvariantCulture, $"SplxlOBeZQQYbYS6WxSbIA-{number}");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        byte[] json = keys;
        if (request.Content is { } content)
            json = responses[Parameter(await content.ReadAsStringAsync(cancellationToken), "code=")];
        var body = new ByteArrayContent(json);
        body.Headers.ContentType = Json;
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = body, RequestMessage = request };
    }

    private static string Parameter(string form, string name)
    {
        int start = form.IndexOf('&' + name, StringComparison.Ordinal) is >= 0 and var at ? at + name.Length + 1 : name.Length;
        int end = form.IndexOf('&', start);
        return end < 0 ? form[start..] : form[start..end];
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
