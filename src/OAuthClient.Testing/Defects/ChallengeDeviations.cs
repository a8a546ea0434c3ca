using System.Text.RegularExpressions;

namespace OAuthClient.Testing;

/// <summary>Changes the form of a challenge.</summary>
internal static partial class ChallengeDeviations
{
    private const string Header = "WWW-Authenticate";

    public static Reply Apply(ChallengeDeviation deviation, Reply reply)
    {
        if (reply.Headers.FirstOrDefault(header => header.Key is Header).Value is not { } challenge)
            return reply;
        string scheme = challenge.Split(' ')[0];
        string parameters = challenge[scheme.Length..].TrimStart();
        // An error of the proof is in the DPoP challenge only.
        string bearer =
            "Bearer "
            + Algorithms.Replace(
                parameters.Contains("_dpop_", StringComparison.Ordinal) ? parameters.Split(", error=")[0] : parameters,
                ""
            );
        string proof = "DPoP " + (Algorithms.IsMatch(parameters) ? parameters : parameters + ", algs=\"ES256\"");
        Reply bare = reply with { Headers = [.. reply.Headers.Where(header => header.Key is not Header)] };
        return deviation switch
        {
            ChallengeDeviation.BearerAndDPoP => bare.With(Header, $"{bearer}, {proof}"),
            ChallengeDeviation.SeparateDPoPAndBearer => bare.With(Header, proof).With(Header, bearer),
            ChallengeDeviation.NoAlgorithms => bare.With(Header, Algorithms.Replace(challenge, "")),
            _ => bare.With(Header, $"{TokenResponseDeviations.UnusualCase(scheme)} {parameters}"),
        };
    }

    [GeneratedRegex(""", algs="[^"]*"|algs="[^"]*"(?:, )?""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Algorithms { get; }
}
