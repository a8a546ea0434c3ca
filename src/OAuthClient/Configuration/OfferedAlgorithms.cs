namespace OAuthClient;

/// <summary>
/// The algorithms that a server offers in its metadata (OpenID Connect Discovery §3, RFC 9701 §7), from which a client that registers
/// itself chooses. A list is <see langword="null"/> if the server does not state it.
/// </summary>
internal sealed record OfferedAlgorithms
{
    public static readonly OfferedAlgorithms Unknown = new();

    public IReadOnlyList<string>? IdTokenSigning { get; init; }
    public IReadOnlyList<string>? IdTokenKeyEncryption { get; init; }
    public IReadOnlyList<string>? IdTokenContentEncryption { get; init; }
    public IReadOnlyList<string>? IntrospectionSigning { get; init; }

    /// <summary>Chooses the first algorithm that the server offers; the first one if it offers or states none of them.</summary>
    public static string Choose(IReadOnlyList<string> preferred, IReadOnlyList<string>? offered) =>
        preferred.FirstOrDefault(algorithm => offered?.Contains(algorithm) == true) ?? preferred[0];
}
