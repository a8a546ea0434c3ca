using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OAuthClient;

/// <summary>
/// Where claims about a user are that the server does not state itself: in a JWT of somebody else's that it passes on (aggregated), or at an
/// address (distributed; OpenID Connect Core §5.6.2). Nothing is fetched unless <c>ClaimSourceReader</c> is asked to.
/// </summary>
[DebuggerDisplay("{ToString(),nq}")]
[JsonConverter(typeof(NonSerializableJsonConverter<ClaimSource>))]
public sealed class ClaimSource
{
    internal const string NamesMember = "_claim_names";
    internal const string SourcesMember = "_claim_sources";

    // More than any server has, and few enough to look through.
    private const int MaximumSources = 100;

    private ClaimSource(string name, IReadOnlyList<string> claimNames, Uri? endpoint)
    {
        Name = name;
        ClaimNames = claimNames;
        Endpoint = endpoint;
    }

    /// <summary>How the server calls the source.</summary>
    public string Name { get; }

    /// <summary>Which claims the server says are there.</summary>
    public IReadOnlyList<string> ClaimNames { get; }

    /// <summary>Where they are; <see langword="null"/> when they came along. Untrusted as any address from outside.</summary>
    public Uri? Endpoint { get; }

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    internal string? Jwt { get; private init; }

    internal AccessToken? AccessToken { get; private init; }

    /// <summary>Whom the claims that name it are about.</summary>
    internal string? Subject { get; private init; }

    /// <summary>Names no claim's value.</summary>
    public override string ToString() => $"Claim source {ServerTextSanitizer.Clean(Name)}";

    /// <summary>The sources that these claims name; one that is malformed is none.</summary>
    internal static IReadOnlyList<ClaimSource> Of(JsonElement claims)
    {
        if (Member(claims, NamesMember) is not { } names || Member(claims, SourcesMember) is not { } sources)
            return [];
        var found = new List<ClaimSource>();
        foreach (var source in sources.EnumerateObject().Take(MaximumSources))
        {
            string[] claimNames =
            [
                .. names
                    .EnumerateObject()
                    .Where(claim => string.Equals(StrictJson.TextIfAnyOf(claim.Value), source.Name, StringComparison.Ordinal))
                    .Select(claim => claim.Name),
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
        // What is http is left to the back channel, which says why it is not asked.
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
        claims.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object && StrictJson.HasReadableNames(member)
            ? member
            : null;
}
