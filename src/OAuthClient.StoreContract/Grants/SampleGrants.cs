using System.Collections.Frozen;
using System.Text.Json;

namespace OAuthClient.StoreContract;

/// <summary>Creates grants without an authorization server.</summary>
internal static class SampleGrants
{
    public const string Client = "photos";

    /// <summary>A time after the end of every case, by any clock of a store.</summary>
    public static readonly DateTimeOffset Expiry = new(2100, 1, 1, 12, 10, 0, TimeSpan.Zero);

    // A store must keep the key too, with which the grant is used on every node (RFC 9449).
    private static readonly DPoPKey Key = new(
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        new PrivateKey("""{"crv":"P-256","kty":"EC","x":"x","y":"y","d":"d"}""")
    );

    private static readonly AuthorizationDetails Details = AuthorizationDetails.Parse("""[{"type":"payment","actions":["read"]}]""");

    public static Grant Create(
        string id,
        string owner,
        string clientName = Client,
        long generation = 1,
        string? refreshToken = "",
        DateTimeOffset? expiresAt = null,
        string? subject = "alice",
        string? sessionId = null,
        DateTimeOffset? signInExpiresAt = null,
        string? scope = null
    ) =>
        new(id, clientName, GrantOwner.User(owner), "https://as.example", "client-id")
        {
            Subject = subject,
            SessionId = sessionId,
            SignInExpiresAt = signInExpiresAt,
            FirstIdTokenIssuedAt = Expiry.AddMinutes(-11),
            Scopes = scope is null ? ["a", "b"] : ["a", "b", scope],
            Resources = ["https://api.example"],
            CreatedAt = Expiry.AddMinutes(-10),
            Generation = generation,
            RefreshToken = refreshToken is null ? null : new RefreshToken(refreshToken.Length > 0 ? refreshToken : "rt-" + id),
            AuthorizationDetails = Details,
            DPoPKey = Key,
            Tokens = Grant.With(
                new AccessToken("at-" + id, Expiry.AddMinutes(-10), expiresAt ?? Expiry.AddHours(1), ["a", "b"], ["https://api.example"])
                {
                    AuthorizationDetails = Details,
                    Key = Key,
                }
            ),
        };

    /// <summary>Creates the next generation, as a refresh does.</summary>
    public static Grant Next(Grant grant) =>
        grant.Refreshed(
            new TokenResponse(
                new AccessToken($"at-{grant.Id}-{grant.Generation + 1}", Expiry, Expiry.AddHours(2), grant.Scopes, grant.Resources)
                {
                    Key = Key,
                },
                new RefreshToken($"rt-{grant.Id}-{grant.Generation + 1}"),
                idToken: null,
                FrozenDictionary<string, JsonElement>.Empty
            ),
            AccessTokenKey.Default.Key,
            Expiry
        );

    /// <summary>Adds a grant of user 42 to the store of the first node.</summary>
    public static async Task<Grant> AddAsync(CaseRun<IGrantStore> run, CancellationToken cancellationToken)
    {
        var grant = Create("g1", "42");
        await run.Store.AddAsync(grant, cancellationToken);
        return grant;
    }

    /// <summary>Finds the grants of a user, by which a decision is made.</summary>
    public static ValueTask<IReadOnlyList<Grant>> FindAsync(IGrantStore store, string owner, CancellationToken cancellationToken) =>
        store.FindCurrentAsync(Client, GrantOwner.User(owner), cancellationToken);

    /// <summary>Lists the grants of a user by both methods, which must agree on the node of the change.</summary>
    public static async Task<IReadOnlyList<string>> ListAsync(IGrantStore store, string owner, CancellationToken cancellationToken)
    {
        var current = Describe(await FindAsync(store, owner, cancellationToken));
        Expect.Sequence(
            "The grants of FindAsync, on the node that made the last change",
            current,
            Describe(await store.FindAsync(Client, GrantOwner.User(owner), cancellationToken)),
            "A node must see its own changes at once: update or remove its cached copy within the change."
        );
        return current;
    }

    /// <summary>Describes grants by id and generation.</summary>
    public static IReadOnlyList<string> Describe(IEnumerable<Grant> grants) =>
        [.. grants.Select(grant => $"{grant.Id} of generation {grant.Generation}")];
}
