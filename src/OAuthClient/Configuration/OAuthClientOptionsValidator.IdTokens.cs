using System.Globalization;
using System.Text;

namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private static readonly TimeSpan MaximumClockTolerance = TimeSpan.FromMinutes(10);

    private static (string Name, IList<string> Algorithms)[] AlgorithmLists(OAuthClientOptions o) =>
        [
            (nameof(o.IdTokenSigningAlgorithms), o.IdTokenSigningAlgorithms),
            (nameof(o.UserInfoSigningAlgorithms), o.UserInfoSigningAlgorithms),
            (nameof(o.IntrospectionSigningAlgorithms), o.IntrospectionSigningAlgorithms),
            (nameof(o.LogoutTokenSigningAlgorithms), o.LogoutTokenSigningAlgorithms),
        ];

    private static IEnumerable<string> FindIdTokenFailures(OAuthClientOptions o)
    {
        foreach (var (name, algorithms) in AlgorithmLists(o))
        {
            foreach (string? algorithm in algorithms)
            {
                if (FindAlgorithmFailure(o, algorithm) is { } failure)
                    yield return $"{name} holds {failure}.";
            }
        }
        foreach (var (index, key) in o.DecryptionKeys.Index())
        {
            if (FindKeyFailure(key) is { } failure)
                yield return string.Create(CultureInfo.InvariantCulture, $"DecryptionKeys[{index}] {failure}.");
        }
        bool secretIsKey =
            o.IdTokenSigningAlgorithms.Count > 0
            && o.IdTokenSigningAlgorithms.All(algorithm => algorithm is not null && SignatureAlgorithms.IsSymmetric(algorithm));
        if (o.Scopes.Contains(ScopeList.OpenId) && IsDiscoveryOff(o) && (o.Issuer is null || (o.JwksUri is null && !secretIsKey)))
            yield return "Scopes holds openid and TokenEndpoint is set; then set Issuer and JwksUri too, so that the ID Token can "
                + "be validated.";
        if (o.TrustedAudiences.Any(string.IsNullOrWhiteSpace))
            yield return "TrustedAudiences holds an empty text; name the further audiences of the server's ID Tokens, or remove it.";
        if (o.ClockTolerance < TimeSpan.Zero || o.ClockTolerance > MaximumClockTolerance)
            yield return "ClockTolerance must be from zero to ten minutes; a larger difference needs a correct clock.";
    }

    private static string? FindAlgorithmFailure(OAuthClientOptions o, string? algorithm)
    {
        if (algorithm is not null && SignatureAlgorithms.IsEd25519(algorithm))
            return o.Ed25519 is null ? $"{algorithm}, which needs a further package: {SignatureAlgorithms.Ed25519Instruction}" : null;
        if (algorithm is null || !SignatureAlgorithms.Supported.Contains(algorithm))
            return $"'{algorithm}'; these are supported: "
                + string.Join(", ", SignatureAlgorithms.AsymmetricWith(o.Ed25519).Concat(SignatureAlgorithms.Symmetric))
                + ". No option adds another; register the client at the server for one of these";
        return
            SignatureAlgorithms.IsSymmetric(algorithm)
            && o.DynamicRegistration is null
            && Encoding.UTF8.GetByteCount(o.ClientSecret ?? "") * 8 < SignatureAlgorithms.HashLength(algorithm)
            ? $"{algorithm}, for which the client secret is the key: ClientSecret must have at least "
                + $"{SignatureAlgorithms.HashLength(algorithm) / 8} bytes (RFC 7518 §3.2). Use RS256, or a longer secret"
            : null;
    }

    private static string? FindKeyFailure(string? decryptionKey)
    {
        try
        {
            DecryptionKey.Read(decryptionKey);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }
}
