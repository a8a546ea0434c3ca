using System.Text.Json;

namespace OAuthClient;

/// <summary>The algorithms that may sign the JWTs of a server, by the kind of JWT, and those that a client registers.</summary>
internal sealed class AcceptedAlgorithms
{
    private const string Default = "RS256";

    private readonly IReadOnlyList<string> configured;
    private readonly IReadOnlyList<string> userInfo;
    private readonly IReadOnlyList<string> introspection;
    private readonly IReadOnlyList<string> logoutToken;
    private readonly IEd25519? ed25519;

    public AcceptedAlgorithms(OAuthClientOptions options)
        : this(
            options is { Fapi2: true, IdTokenSigningAlgorithms.Count: 0 }
                ? Fapi2Profile.AlgorithmsWith(options.Ed25519)
                : [.. options.IdTokenSigningAlgorithms],
            [.. options.UserInfoSigningAlgorithms],
            [.. options.IntrospectionSigningAlgorithms],
            [.. options.LogoutTokenSigningAlgorithms],
            options.Ed25519
        ) { }

    private AcceptedAlgorithms(
        IReadOnlyList<string> configured,
        IReadOnlyList<string> userInfo,
        IReadOnlyList<string> introspection,
        IReadOnlyList<string> logoutToken,
        IEd25519? ed25519,
        string? registered = null
    )
    {
        (this.configured, this.userInfo, this.introspection, this.logoutToken) = (configured, userInfo, introspection, logoutToken);
        this.ed25519 = ed25519;
        IdToken =
            configured.Count > 0 ? configured
            : registered is not null ? [registered]
            : ed25519 is null ? [Default]
            : [Default, .. SignatureAlgorithms.Ed25519];
    }

    /// <summary>Gets the algorithms of ID Tokens.</summary>
    public IReadOnlyList<string> IdToken { get; }

    /// <summary>Gets the algorithms of one kind of JWT. Those of ID Tokens apply if the options set none.</summary>
    public IReadOnlyList<string> Of(JwtType kind) =>
        kind == JwtType.UserInfo && userInfo.Count > 0 ? userInfo
        : kind == JwtType.Introspection && introspection.Count > 0 ? introspection
        : kind == JwtType.LogoutToken && logoutToken.Count > 0 ? logoutToken
        : IdToken;

    /// <summary>
    /// Determines whether a client that registers itself can work with an algorithm for ID Tokens: a configured one, or without any a
    /// supported one that the server's keys verify.
    /// </summary>
    public bool CanRegister(string algorithm) =>
        (configured.Count > 0 ? configured : SignatureAlgorithms.AsymmetricWith(ed25519)).Contains(algorithm);

    /// <summary>Chooses the algorithm to register: the first one that the client accepts and the server offers.</summary>
    /// <param name="kind">The kind of JWT.</param>
    /// <param name="offered">The algorithms that the server's metadata states; <see langword="null"/> if it states none.</param>
    /// <returns>The algorithm. If the server offers none that the client accepts, the client's first one.</returns>
    public string ChooseToRegister(JwtType kind, IReadOnlyList<string>? offered)
    {
        var accepted = Of(kind);
        if (ReferenceEquals(accepted, IdToken) && configured.Count == 0)
            accepted = [Default, .. SignatureAlgorithms.AsymmetricWith(ed25519)];
        return OfferedAlgorithms.Choose(accepted, offered);
    }

    /// <summary>Returns a copy for a client that registered itself. Without configured algorithms it accepts the registered one.</summary>
    /// <param name="metadata">The registered metadata.</param>
    public AcceptedAlgorithms RegisteredAs(JsonElement metadata)
    {
        if (configured.Count > 0 || metadata.ValueKind != JsonValueKind.Object)
            return this;
        string? forIntrospection = Registered(metadata, "introspection_signed_response_alg");
        return new(
            configured,
            userInfo,
            introspection.Count == 0 && forIntrospection is not null ? [forIntrospection] : introspection,
            logoutToken,
            ed25519,
            Registered(metadata, "id_token_signed_response_alg")
        );
    }

    private string? Registered(JsonElement metadata, string member) =>
        metadata.TextIfAny(member) is { } algorithm && CanRegister(algorithm) ? algorithm : null;
}
