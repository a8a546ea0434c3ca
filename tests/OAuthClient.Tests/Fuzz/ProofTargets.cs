using System.Net;
using System.Text;
using OAuthClient.Tests.DPoP;

namespace OAuthClient.Tests;

/// <summary>The headers with which servers and APIs ask for proofs of possession (RFC 9449 §7.1, §8, §9).</summary>
internal static class ProofTargets
{
    private static readonly Uri Address = new("https://api.example.com/photos");

    private static readonly AccessToken Bound = new("at", SampleConfiguration.Now, expiresAt: null, [], [])
    {
        Key = SampleProofs.Keys(options: o => o.DPoP.Enabled = true).FindForClient(SampleConfiguration.Create(o => o.DPoP.Enabled = true)),
    };

    public static Target Challenge { get; } =
        new(
            "DPoP challenge",
            [
                "DPoP algs=\"ES256 PS256\"",
                "DPoP error=\"use_dpop_nonce\", error_description=\"Resource server requires nonce in DPoP proof\"",
                "dPOP realm=\"a\", error=invalid_token, algs=\"ES256\"\nBearer error=\"invalid_token\"",
                "Bearer realm=\"a\", DPoP error=\"use_dpop_nonce\", algs=\"\"",
            ],
            ["DPoP ", "Bearer ", "error=", "use_dpop_nonce", "algs=", "\"", "\\\"", ", ", "=", "\n"],
            input =>
            {
                using var response = Answer("WWW-Authenticate", input);
                bool isRequired = DPoPNonceCache.IsRequiredBy(response);
                bool isReplaced = new ApiResponseClassifier(TimeProvider.System).Classify(response, Bound) != ApiResponseAction.Return;
                BearerChallenge.Find(response)?.ToString();
                new StepUpChallenges(["photos.write"]).Find(response);
                if (isRequired && !isReplaced && !Encoding.Latin1.GetString(input).Contains("use_dpop_nonce", StringComparison.Ordinal))
                    throw new AssertionException("A nonce is required without the error.");
            }
        );

    public static Target Nonce { get; } =
        new(
            "DPoP nonce",
            ["eyJ7S_zG.eyJH0-Z.HX4w-7v", "a", "!#$%&'()*+,-./:;<=>?@[]^_`{|}~", "one\ntwo"],
            ["\"", "\\", " ", ",", "\t", "\u00fc", "\u0080", "nonce", "\n"],
            input =>
            {
                DPoPNonceCache cache = new();
                using var response = Answer("DPoP-Nonce", input);
                string? nonce = cache.Record(Address, response);
                if (cache.Find(Address) != nonce)
                    throw new AssertionException("Another nonce is used than was read.");
                if (nonce is { Length: 0 or > 1_024 } || nonce?.Any(one => one is < '!' or > '~' or '"' or '\\') == true)
                    throw new AssertionException("The nonce is not one of RFC 9449 §8.1.");
            }
        );

    private static HttpResponseMessage Answer(string header, byte[] input)
    {
        HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
        foreach (string value in Encoding.Latin1.GetString(input).Split('\n'))
            response.Headers.TryAddWithoutValidation(header, value);
        return response;
    }
}
