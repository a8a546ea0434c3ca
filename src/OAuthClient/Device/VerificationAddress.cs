using System.Buffers;
using System.Globalization;

namespace OAuthClient;

/// <summary>
/// Reads the address of a device authorization response that a user opens (RFC 8628 §3.2). It is shown in a terminal and passed to the
/// browser, so only a web address without characters that they act on is accepted.
/// </summary>
internal static class VerificationAddress
{
    private const int MaximumLength = 2048;

    // RFC 3986 §2
    private static readonly SearchValues<char> Characters = SearchValues.Create(
        "-._~:/?#[]@!$&'()*+,;=%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    );

    /// <summary>Reads an address.</summary>
    /// <param name="text">The text of the server.</param>
    /// <param name="cleartext">The addresses that may be used by plain <c>http</c>, besides those of this machine.</param>
    /// <returns>The address; <see langword="null"/> if it is not safe.</returns>
    public static Uri? TryParse(string text, CleartextPolicy cleartext) =>
        text.Length <= MaximumLength
        && !text.AsSpan().ContainsAnyExcept(Characters)
        && !Uri.UnescapeDataString(text).Any(IsInvisible)
        && Uri.TryCreate(text, UriKind.Absolute, out var address)
        && (EndpointSecurity.IsSafe(address, allowHttpOnLoopback: true) || cleartext.IsSafe(address))
        && address.UserInfo.Length == 0
            ? address
            : null;

    // Uri.ToString shows escaped characters.
    private static bool IsInvisible(char c) => char.IsControl(c) || CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.Format;
}
