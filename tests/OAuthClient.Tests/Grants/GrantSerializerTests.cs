using System.Collections.Frozen;
using System.Text;

namespace OAuthClient.Tests;

/// <summary>Tests serialization of grants for a store.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantSerializerTests
{
    private static readonly DateTimeOffset Moment = new DateTimeOffset(2030, 1, 1, 12, 0, 0, TimeSpan.Zero).AddTicks(1234567);

    // The required members that the rejected examples have in common.
    private const string Members = """
        "Server":"s","ClientId":"c","Scopes":[],"Resources":[],"CreatedAt":"2030-01-01T12:00:00Z","Generation":1
        """;

    internal static Grant Full =>
        new("id", "photos", GrantOwner.User("42"), "https://as.example", "client-id")
        {
            Subject = "alice",
            Scopes = ["a", "b"],
            Resources = ["https://api.example"],
            CreatedAt = Moment,
            Generation = 7,
            RefreshToken = new RefreshToken("the-refresh-token"),
            IdToken = new IdToken("e30.eyJzdWIiOiJhbGljZSJ9.x"),
            Tokens = new Dictionary<string, AccessToken>(StringComparer.Ordinal)
            {
                [""] = new("the-access-token", Moment, Moment.AddHours(1), ["a", "b"], ["https://api.example"]),
                ["1:1:a0:"] = new("the-narrow-token", Moment, expiresAt: null, ["a"], []) { ReplacesRejected = true },
            }.ToFrozenDictionary(StringComparer.Ordinal),
        };

    [Test]
    public void Round_trip_of_a_full_grant()
    {
        var back = Grant.Unprotect(Full.Protect(Flipped), Flipped);
        Assert.That(
            (back.Id, back.ClientName, back.Owner, back.Server, back.ClientId),
            Is.EqualTo((Full.Id, Full.ClientName, Full.Owner, Full.Server, Full.ClientId))
        );
        Assert.That((back.Subject, back.CreatedAt, back.Generation), Is.EqualTo((Full.Subject, Full.CreatedAt, Full.Generation)));
        Assert.That(back.Scopes, Is.EqualTo(Full.Scopes));
        Assert.That(back.Resources, Is.EqualTo(Full.Resources));
        Assert.That(back.RefreshToken, Is.EqualTo(Full.RefreshToken));
        Assert.That(back.IdToken, Is.EqualTo(Full.IdToken));
        Assert.That(back.IdTokenClaims!.Value.GetProperty("sub").GetString(), Is.EqualTo("alice"));
        Assert.That(back.Tokens.Keys, Is.EquivalentTo(Full.Tokens.Keys));
        foreach (var (key, token) in Full.Tokens)
        {
            Assert.That(back.Tokens[key], Is.EqualTo(token));
            Assert.That((back.Tokens[key].IssuedAt, back.Tokens[key].ExpiresAt), Is.EqualTo((token.IssuedAt, token.ExpiresAt)));
            Assert.That(back.Tokens[key].Scopes, Is.EqualTo(token.Scopes));
            Assert.That(back.Tokens[key].Resources, Is.EqualTo(token.Resources));
            Assert.That(back.Tokens[key].ReplacesRejected, Is.EqualTo(token.ReplacesRejected));
        }
    }

    [Test]
    public void Round_trip_of_a_grant_of_the_client()
    {
        Grant own = new("id", "photos", GrantOwner.Client, "https://as.example", "client-id");
        Assert.That(Grant.Unprotect(own.Protect(Flipped), Flipped).Owner, Is.EqualTo(GrantOwner.Client));
    }

    [Test]
    [Description("The exception for a null argument names the argument")]
    public void A_null_argument_is_named()
    {
        Assert.That(() => Full.Protect(null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("protect"));
        Assert.That(() => Grant.Unprotect(null!, Flipped), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("data"));
        Assert.That(() => Grant.Unprotect([], null!), Throws.ArgumentNullException.With.Property("ParamName").EqualTo("unprotect"));
    }

    [Test]
    public void Round_trip_of_a_minimal_grant()
    {
        Grant least = new("id", "", GrantOwner.User("42"), "https://as.example", "client-id");
        var back = Grant.Unprotect(least.Protect(Flipped), Flipped);
        Assert.That((back.Id, back.ClientName, back.Generation), Is.EqualTo(("id", "", 1L)));
        Assert.That(back.Subject, Is.Null);
        Assert.That(back.RefreshToken, Is.Null);
        Assert.That(back.IdToken, Is.Null);
        Assert.That(back.IdTokenClaims, Is.Null);
        Assert.That(back.AccessToken, Is.Null);
        Assert.That(back.Tokens, Is.Empty);
        Assert.That(back.CanRefresh, Is.False);
    }

    [Test]
    [Description("Threat: tokens at rest. The output is what the protection returned, and the protection receives all the data at once")]
    public void All_data_pass_through_the_protection()
    {
        byte[]? received = null;
        byte[] result = Full.Protect(plain =>
        {
            received = plain;
            return [1, 2, 3];
        });
        Assert.That(result, Is.EqualTo(new byte[] { 1, 2, 3 }));
        Assert.That(
            Encoding.UTF8.GetString(received!),
            Does.Contain("the-refresh-token").And.Contain("the-access-token").And.Contain("the-narrow-token")
        );
    }

    [Test]
    public void An_exception_of_the_protection_propagates() =>
        Assert.That(
            () => Grant.Unprotect([1], _ => throw new System.Security.Cryptography.CryptographicException("changed")),
            Throws.TypeOf<System.Security.Cryptography.CryptographicException>()
        );

    [TestCase("")]
    [TestCase("not json")]
    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("""{"Version":2,"Id":"x"}""")]
    [TestCase("""{"Version":1}""")]
    [TestCase("""{"Version":2,"Id":"id","ClientName":"","Owner":"user:42",""" + Members + """}""")]
    [TestCase("""{"Version":2,"Id":null,"ClientName":"","Owner":"user:42",""" + Members + ""","AccessTokens":[]}""")]
    [TestCase("""{"Version":2,"Id":"id","ClientName":"","Owner":"user:42",""" + Members + ""","AccessTokens":[{"Key":""}]}""")]
    [TestCase("""{"Version":2,"Id":"id","ClientName":"","Owner":"user:42",""" + Members + ""","RefreshToken":"","AccessTokens":[]}""")]
    [TestCase("""{"Version":2,"Id":"id","ClientName":"","Owner":"",""" + Members + ""","AccessTokens":[]}""")]
    [Description("Data that are not a grant of this version are rejected with an OAuthException and never partly read")]
    public void Data_that_are_not_a_grant_are_rejected(string json) =>
        Assert.That(() => Grant.Unprotect(Encoding.UTF8.GetBytes(json), data => data), Throws.InstanceOf<OAuthException>());

    [Test]
    [Description("Stores hold this format, so it must not change by accident")]
    public void The_format_is_fixed()
    {
        string stored = """
            {"Version":2,"Id":"id","ClientName":"photos","Server":"https://as.example","ClientId":"client-id","Scopes":["a"],
            "Resources":[],"CreatedAt":"2030-01-01T12:00:00+00:00","Generation":7,
            "AccessTokens":[{"Key":"","Value":"at","IssuedAt":"2030-01-01T12:00:00+00:00","Scopes":["a"],"Resources":[],
            "ExpiresAt":"2030-01-01T13:00:00+00:00"}],"Owner":"user:42","Subject":"alice","RefreshToken":"rt"}
            """.ReplaceLineEndings("");
        var grant = Grant.Unprotect(Encoding.UTF8.GetBytes(stored), data => data);
        Assert.That(grant.Protect(data => data), Is.EqualTo(Encoding.UTF8.GetBytes(stored)));
    }

    [Test]
    [Description("Threat: secrets in dumps of objects. Neither the grant nor its stored form prints a token")]
    public void Prints_no_token()
    {
        Assert.That(Full.ToString(), Is.EqualTo("Grant id of photos, generation 7"));
        AccessTokenJson token = new()
        {
            Key = "",
            Value = "secret",
            IssuedAt = Moment,
            Scopes = [],
            Resources = [],
            ExpiresAt = Moment,
        };
        Assert.That(token.ToString(), Is.EqualTo("Stored access token"));
        GrantJson stored = new()
        {
            Version = 1,
            Id = "id",
            ClientName = "photos",
            Server = "s",
            ClientId = "c",
            Scopes = [],
            Resources = [],
            CreatedAt = Moment,
            Generation = 1,
            AccessTokens = [token],
            Owner = "42",
            RefreshToken = "secret",
            IdToken = "secret",
        };
        Assert.That(stored.ToString(), Is.EqualTo("Stored grant id"));
    }

    private static byte[] Flipped(byte[] data) => [.. data.Select(value => (byte)(value ^ 0x5A))];
}
