using System.Net;
using System.Text;
using OAuthClient.Tests.DPoP;

namespace OAuthClient.Tests;

/// <summary>The parsers of what APIs and authorization servers answer to proofs (RFC 9449).</summary>
internal static class DPoPTargets
{
    private static readonly Uri Api = new("https://api.example.com/photos");
    private static readonly AccessToken Token = new("at", default, expiresAt: null, [], [])
    {
        Key = new("thumbprint", privateJwk: null, default),
    };

    /// <summary>Gets the challenges of an API to a token that is bound to a key (§7.1, §9).</summary>
    public static Target Challenge { get; } =
        new(
            "DPoP challenge",
            [
                "DPoP algs=\"ES256 PS256\", error=\"invalid_token\", error_description=\"The token expired\"",
                "DPoP error=\"use_dpop_nonce\", error_description=\"Resource server requires nonce in DPoP proof\"",
                "Bearer realm=\"x\"\nDPoP algs=\"ES256\"",
                "Bearer, DPoP algs=\"ES256\"",
                "dPoP error=invalid_dpop_proof",
            ],
            [
                "DPoP ",
                "dpop",
                "Bearer",
                "algs=",
                "error=",
                "\"use_dpop_nonce\"",
                "\"invalid_token\"",
                "\"",
                "\\\"",
                ", ",
                "=",
                "\n",
                "\u0000",
            ],
            input =>
            {
                using HttpResponseMessage response = new(HttpStatusCode.Unauthorized);
                foreach (string value in Encoding.Latin1.GetString(input).Split('\n'))
                    response.Headers.TryAddWithoutValidation("WWW-Authenticate", value);
                var action = new ApiResponseClassifier(TimeProvider.System).Classify(response, Token);
                bool asksForNonce = AuthenticationChallenge.FindErrors(response, TokenScheme.DPoP).Contains(ErrorCodes.UseDPoPNonce);
                bool isInvalid = AuthenticationChallenge.FindErrors(response, TokenScheme.DPoP).Contains(ErrorCodes.InvalidToken);
                if (asksForNonce && !isInvalid && action == ApiResponseAction.ReplaceToken)
                    throw new AssertionException("A request for a nonce replaces the token.");
            }
        );

    /// <summary>Gets the nonces of responses (§8.1), which become a part of the next proof.</summary>
    public static Target Nonce { get; } =
        new(
            "DPoP-Nonce",
            ["eyJ7S_zG.eyJH0-Z.HX4w-7v", "!#$%&'()*+,-./0123456789:;<=>?@[]^_`{|}~", " padded ", "one\ntwo"],
            ["\"", "\\", "\n", "\r", " ", ", ", "\u0000", "\u00fc", "=", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
            input =>
            {
                DPoPNonceCache nonces = new();
                using HttpResponseMessage response = new();
                foreach (string value in Encoding.Latin1.GetString(input).Split('\n'))
                    response.Headers.TryAddWithoutValidation("DPoP-Nonce", value);
                nonces.Record(Api, response);
                if (nonces.Find(Api) is not { } nonce)
                    return;
                if (nonce.Length is 0 or > 1_024 || nonce.Any(one => one is < '!' or > '~' or '"' or '\\'))
                    throw new AssertionException("The nonce is not 1*NQCHAR.");
            }
        );
}
