using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>
/// Creates and validates the hidden <c>ticket</c> field of the forms. The ticket contains the request, so that several tabs can be pending
/// at once, and an HMAC over the request and the browser cookie, so that another site cannot forge a form.
/// </summary>
internal sealed class AntiforgeryToken
{
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>Creates a ticket.</summary>
    /// <param name="step">The step for which the ticket is valid.</param>
    /// <param name="browser">The value of the browser cookie.</param>
    /// <param name="subject">The subject of the signed-in user; empty before the login.</param>
    /// <param name="request">The encoded request.</param>
    /// <returns>The ticket.</returns>
    public string Seal(string step, string browser, string subject, string request) =>
        Encode(Encoding.UTF8.GetBytes(request)) + "." + Encode(Authenticate(step, browser, subject, request));

    /// <summary>
    /// Returns the encoded request, or <see langword="null"/> if the ticket was not issued for this step, browser and user.
    /// </summary>
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
