using System.Buffers.Text;
using System.Text.Json;

namespace OAuthClient.Tests.DPoP;

/// <summary>The proofs of a client that requests bearer tokens unless the test says otherwise.</summary>
internal static class SampleProofs
{
    public static DPoPKeyProvider Keys(TimeProvider? time = null, Action<OAuthClientOptions>? options = null)
    {
        var configuration = SampleConfiguration.Create(options ?? (_ => { }));
        return new(() => configuration, time ?? TimeProvider.System);
    }

    /// <summary>Creates the handler of an HTTP client whose requests go to one API.</summary>
    public static DPoPProofHandler Handler(HttpMessageHandler primary, DPoPProofs proofs, string api = "https://api.example") =>
        new(primary, new AllowedAddresses("photos", "api", new AccessTokenHandlerOptions().To(api)), rejectsCookies: false, proofs);

    public static DPoPProofs Create(TimeProvider? time = null) => new(Keys(time), time ?? TimeProvider.System);

    /// <summary>Creates the JSON of a token response whose access token is bound to a key.</summary>
    public static string BoundTokens(string accessToken, string? refreshToken = null) =>
        ScriptedServer.Tokens(accessToken, refreshToken).Replace("\"Bearer\"", "\"DPoP\"", StringComparison.Ordinal);

    /// <summary>Creates the refusal of a proof without the nonce (RFC 9449 §8).</summary>
    public static HttpResponseMessage NonceRefusal(params string[] nonces)
    {
        var response = ScriptedServer.Json(400, """{"error":"use_dpop_nonce"}""");
        foreach (string nonce in nonces)
            response.Headers.TryAddWithoutValidation("DPoP-Nonce", nonce);
        return response;
    }

    /// <summary>Reads the header of a proof.</summary>
    public static JsonElement Header(string? proof) => Part(proof, 0);

    /// <summary>Reads the claims of a proof.</summary>
    public static JsonElement Claims(string? proof) => Part(proof, 1);

    /// <summary>Reads the nonce of a proof; <see langword="null"/> without one.</summary>
    public static string? Nonce(string? proof) => Claims(proof).TryGetProperty("nonce", out var nonce) ? nonce.GetString() : null;

    private static JsonElement Part(string? proof, int index) =>
        JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(proof!.Split('.')[index]));
}
