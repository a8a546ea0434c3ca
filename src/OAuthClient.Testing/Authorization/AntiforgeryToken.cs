using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>
/// The hidden field of the login and consent forms. It carries the authorization request itself, so that any number of tabs can be
/// pending, and is authenticated together with the browser's cookie, so that no other site can make up a form (antiforgery).
/// </summary>
internal sealed class AntiforgeryToken
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <param name="step">What the ticket is good for, so that none can be used for another step.</param>
    /// <param name="browser">The value of the browser's cookie.</param>
    /// <param name="subject">Who is signed in; empty before the login.</param>
    /// <param name="request">The authorization request, encoded.</param>
    public string Seal(string step, string browser, string subject, string request) =>
        Encode(Encoding.UTF8.GetBytes(request)) + "." + Encode(Authenticate(step, browser, subject, request));

    /// <summary>The request, or null when the ticket is not for this step, browser and user.</summary>
    public string? Open(string step, string? browser, string subject, string? ticket)
    {
        if (
            browser is null
            || ticket?.Split('.') is not [var encoded, { Length: > 0 } proof]
            || !Base64Url.IsValid(encoded)
            || !Base64Url.IsValid(proof)
        )
            return null;
        string request = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(encoded));
        return CryptographicOperations.FixedTimeEquals(Base64Url.DecodeFromChars(proof), Authenticate(step, browser, subject, request))
            ? request
            : null;
    }

    private static string Encode(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private byte[] Authenticate(string step, string browser, string subject, string request) =>
        HMACSHA256.HashData(
            _key,
            Encoding.UTF8.GetBytes(
                string.Join('\n', step, Encode(Encoding.UTF8.GetBytes(browser)), Encode(Encoding.UTF8.GetBytes(subject)), request)
            )
        );
}
