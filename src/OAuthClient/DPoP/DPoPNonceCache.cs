using System.Buffers;
using System.Net;

namespace OAuthClient;

/// <summary>
/// Keeps the newest nonce of each origin (RFC 9449 §8, §9). The origins of an API can be many, where its address comes from a grant.
/// </summary>
internal sealed class DPoPNonceCache
{
    private const string HeaderName = "DPoP-Nonce";
    private const int Capacity = 1_000;
    private const int MaximumLength = 1_024;

    // RFC 9449 §8.1: nonce = 1*NQCHAR, which RFC 6749 appendix A defines: %x21 / %x23-5B / %x5D-7E.
    private static readonly SearchValues<char> Characters = SearchValues.Create([
        .. Enumerable.Range('!', '~' - '!' + 1).Select(one => (char)one).Where(one => one is not ('"' or '\\')),
    ]);

    private readonly BoundedCache<string, string> nonces = new(Capacity);

    /// <summary>Finds the nonce for the next proof; <see langword="null"/> if the origin has supplied none.</summary>
    public string? Find(Uri address) => nonces.TryGet(OriginOf(address), out string? nonce) ? nonce : null;

    /// <summary>Keeps the nonce of a response, whatever its status (RFC 9449 §8.2).</summary>
    /// <param name="address">The address of the request.</param>
    /// <param name="response">The response.</param>
    /// <returns>The nonce; <see langword="null"/> if the response does not supply one usable nonce.</returns>
    public string? Record(Uri address, HttpResponseMessage response)
    {
        if (!response.Headers.NonValidated.TryGetValues(HeaderName, out var values) || values.Count != 1)
            return null;
        string nonce = values.ToString().Trim();
        if (nonce.Length is 0 or > MaximumLength || nonce.AsSpan().ContainsAnyExcept(Characters))
            return null;
        string origin = OriginOf(address);
        if (!nonces.TryGet(origin, out string? known) || known != nonce)
            nonces.Set(origin, nonce);
        return nonce;
    }

    /// <summary>Determines whether a protected resource refused a proof because it lacks the nonce (RFC 9449 §9).</summary>
    public static bool IsRequiredBy(HttpResponseMessage response) =>
        response.StatusCode == HttpStatusCode.Unauthorized
        && AuthenticationChallenge.FindErrors(response, TokenScheme.DPoP).Contains(ErrorCodes.UseDPoPNonce);

    private static string OriginOf(Uri address) => address.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped);
}
