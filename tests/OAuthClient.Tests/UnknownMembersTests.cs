using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Tests that members which a newer build adds to stored data survive an older build.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UnknownMembersTests
{
    [Test]
    [Description("A grant of a newer build that is read, refreshed and written keeps the unknown members of the grant and of its tokens")]
    public void A_refreshed_grant_keeps_unknown_members()
    {
        var newer = JsonNode.Parse(GrantSerializerTests.Full.Protect(Identity))!;
        newer["Newer"] = JsonNode.Parse("""{"a":[1,"ä",null]}""");
        newer["AccessTokens"]!.AsArray().Single(token => (string?)token!["Key"] != "")!["NewerInToken"] = 7;
        byte[] stored = Encoding.UTF8.GetBytes(newer.ToJsonString());

        var rewritten = JsonNode.Parse(SampleGrants.Next(Grant.Unprotect(stored, Identity)).Protect(Identity))!;

        Assert.That(rewritten["Newer"]!.ToJsonString(), Is.EqualTo(newer["Newer"]!.ToJsonString()));
        Assert.That((string?)rewritten["RefreshToken"], Is.Not.EqualTo((string?)newer["RefreshToken"]), "the grant was refreshed");
        var tokens = rewritten["AccessTokens"]!.AsArray();
        Assert.That(tokens.Single(token => (string?)token!["Key"] != "")!["NewerInToken"]!.GetValue<int>(), Is.EqualTo(7));
        Assert.That(tokens.Single(token => (string?)token!["Key"] == "")!["NewerInToken"], Is.Null, "the member of another token");
    }

    [Test]
    [Description("A registered client keeps unknown members in its next generation")]
    public void A_registered_client_keeps_unknown_members()
    {
        var newer = JsonNode.Parse(SampleClients.Create("photos", "https://as.example", generation: 7).Protect(Identity))!;
        newer["Newer"] = "kept";

        var client = DynamicClient.Unprotect(Encoding.UTF8.GetBytes(newer.ToJsonString()), Identity);
        var rewritten = JsonNode.Parse(client.AfterGeneration(7).Protect(Identity))!;

        Assert.That((string?)rewritten["Newer"], Is.EqualTo("kept"));
        Assert.That((long?)rewritten["Generation"], Is.EqualTo(8));
    }

    [Test]
    [Description("The size of the unknown members is limited; larger data is rejected and not truncated")]
    public void The_size_of_unknown_members_is_limited()
    {
        var newer = JsonNode.Parse(GrantSerializerTests.Full.Protect(Identity))!;
        newer["Newer"] = new string('x', UnknownMembers.MaximumLength);

        Assert.That(
            () => Grant.Unprotect(Encoding.UTF8.GetBytes(newer.ToJsonString()), Identity),
            Throws.TypeOf<OAuthException>().With.Message.Contains("update the package")
        );
    }

    [Test]
    [Description("A higher version is rejected with a message that tells the developer to update the package")]
    public void A_higher_version_is_rejected()
    {
        byte[] newer = """{"Version":1000,"Id":{}}"""u8.ToArray();
        Assert.That(
            () => Grant.Unprotect(newer, Identity),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("version 1000")
                .And.Message.Contains("update the package")
                .And.Message.Contains("was not changed")
        );
        Assert.That(
            () => DynamicClient.Unprotect(newer, Identity),
            Throws.TypeOf<OAuthException>().With.Message.Contains("update the package")
        );
    }

    [Test]
    [Description("A pending authorization or logout with an unknown member is read without it")]
    public void A_pending_authorization_or_logout_ignores_unknown_members()
    {
        var pending = SampleAuthorization.Pending();
        Assert.That(PendingAuthorization.Unprotect(WithOneMore(pending.Protect(Identity)), Identity).State, Is.EqualTo(pending.State));
        PendingLogout logout = new()
        {
            ClientName = "photos",
            ExpectsRedirect = true,
            State = "state",
            ExpiresAt = DateTimeOffset.UnixEpoch,
        };
        Assert.That(PendingLogout.Unprotect(WithOneMore(logout.Protect(Identity)), Identity).ClientName, Is.EqualTo("photos"));
    }

    // The format is the version, the member count, and for each member its number, length and bytes.
    private static byte[] WithOneMore(byte[] data) => [data[0], (byte)(data[1] + 1), .. data[2..], 99, 2, 0xFF, 0];

    private static byte[] Identity(byte[] data) => data;
}
