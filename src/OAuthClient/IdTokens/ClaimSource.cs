using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Describes a source of claims about a user that another party issues: a JWT that the server includes (aggregated claims), or an endpoint
/// (distributed claims; OpenID Connect Core §5.6.2). Only <see cref="ClaimSourceReader"/> reads the source.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(NonSerializableJsonConverter<ClaimSource>))]
public sealed class ClaimSource
{
    internal const string NamesMember = "_claim_names";
    internal const string SourcesMember = "_claim_sources";

    // Limits the time to read hostile claims; no known server names as many sources.
    private const int MaximumSources = 100;

    private ClaimSource(string name, IReadOnlyList<string> claimNames, Uri? endpoint)
    {
        Name = name;
        ClaimNames = claimNames;
        Endpoint = endpoint;
    }

    /// <summary>Gets the name that the server gives the source.</summary>
    public string Name { get; }

    /// <summary>Gets the names of the claims that the server attributes to the source.</summary>
    public IReadOnlyList<string> ClaimNames { get; }

    /// <summary>
    /// Gets the endpoint of distributed claims; <see langword="null"/> for aggregated claims. The address is untrusted input.
    /// </summary>
    public Uri? Endpoint { get; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? Jwt { get; private init; }

    internal AccessToken? AccessToken { get; private init; }

    /// <summary>Gets the subject of the claims that name the source.</summary>
    internal string? Subject { get; private init; }

    /// <summary>Returns the name of the source and no claim value.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => $"Claim source {ServerTextSanitizer.Clean(Name)}";

    /// <summary>Reads the sources that the claims name. A malformed source is skipped.</summary>
    internal static IReadOnlyList<ClaimSource> Of(JsonElement claims)
    {
        if (Member(claims, NamesMember) is not { } names || Member(claims, SourcesMember) is not { } sources)
            return [];
        var found = new List<ClaimSource>();
        foreach (var source in sources.EnumerateObject().Take(MaximumSources))
        {
            string[] claimNames =
            [
                .. names.EnumerateObject().Where(claim => StrictJson.TextIfAnyOf(claim.Value) == source.Name).Select(claim => claim.Name),
            ];
            if (
                claimNames.Length > 0
                && source.Value.ValueKind == JsonValueKind.Object
                && TryRead(source.Name, claimNames, source.Value, claims.TextIfAny("sub")) is { } read
            )
                found.Add(read);
        }
        return found;
    }

    private static ClaimSource? TryRead(string name, string[] claimNames, JsonElement source, string? subject)
    {
        if (source.TextIfAny("JWT") is { Length: > 0 } jwt)
            return new(name, claimNames, endpoint: null) { Jwt = jwt, Subject = subject };
        // An http address is accepted here; the back channel rejects it with a message that states the reason.
        if (
            !Uri.TryCreate(source.TextIfAny("endpoint"), UriKind.Absolute, out var endpoint)
            || (endpoint.Scheme != Uri.UriSchemeHttps && endpoint.Scheme != Uri.UriSchemeHttp)
        )
            return null;
        try
        {
            return new(name, claimNames, endpoint)
            {
                Subject = subject,
                AccessToken = source.TextIfAny(ParameterNames.AccessToken) is { Length: > 0 } token
                    ? new AccessToken(token, default, expiresAt: null, [], [])
                    : null,
            };
        }
        catch (OAuthProtocolException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement claims, string name) =>
        claims.Member(name) is { ValueKind: JsonValueKind.Object } member && StrictJson.HasReadableNames(member) ? member : null;
}
