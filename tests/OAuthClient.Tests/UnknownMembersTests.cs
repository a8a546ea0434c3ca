using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Tests;

/// <summary>Nodes of two builds share stored data: what the newer one adds survives the older one.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class UnknownMembersTests
{
    [Test]
    [Description(
        "A grant that a newer build wrote, read, refreshed and written by this one keeps the members that this one does not know, "
            + "of the grant and of its tokens"
    )]
    public void A_refreshed_grant_keeps_them()
    {
        var newer = JsonNode.Parse(GrantSerializerTests.Full.Protect(Plainly))!;
        newer["Newer"] = JsonNode.Parse("""{"a":[1,"ä",null]}""");
        newer["AccessTokens"]!.AsArray().Single(token => (string?)token!["Key"] != "")!["NewerInToken"] = 7;
        byte[] stored = Encoding.UTF8.GetBytes(newer.ToJsonString());

        var rewritten = JsonNode.Parse(GrantStoreContract.Next(Grant.Unprotect(stored, Plainly)).Protect(Plainly))!;

        Assert.That(rewritten["Newer"]!.ToJsonString(), Is.EqualTo(newer["Newer"]!.ToJsonString()));
        Assert.That((string?)rewritten["RefreshToken"], Is.Not.EqualTo((string?)newer["RefreshToken"]), "it was refreshed");
        var tokens = rewritten["AccessTokens"]!.AsArray();
        Assert.That(tokens.Single(token => (string?)token!["Key"] != "")!["NewerInToken"]!.GetValue<int>(), Is.EqualTo(7));
        Assert.That(tokens.Single(token => (string?)token!["Key"] == "")!["NewerInToken"], Is.Null, "another token's");
    }

    [Test]
    [Description("A registered client keeps them in its next generation")]
    public void A_registered_client_keeps_them()
    {
        var newer = JsonNode.Parse(DynamicClientStoreContract.Client("photos", "https://as.example", generation: 7).Protect(Plainly))!;
        newer["Newer"] = "kept";

        var client = DynamicClient.Unprotect(Encoding.UTF8.GetBytes(newer.ToJsonString()), Plainly);
        var rewritten = JsonNode.Parse(client.AfterGeneration(7).Protect(Plainly))!;

        Assert.That((string?)rewritten["Newer"], Is.EqualTo("kept"));
        Assert.That((long?)rewritten["Generation"], Is.EqualTo(8));
    }

    [Test]
    [Description("What is kept is bounded, and too much is refused rather than lost")]
    public void They_are_bounded()
    {
        var newer = JsonNode.Parse(GrantSerializerTests.Full.Protect(Plainly))!;
        newer["Newer"] = new string('x', UnknownMembers.MaximumLength);

        Assert.That(
            () => Grant.Unprotect(Encoding.UTF8.GetBytes(newer.ToJsonString()), Plainly),
            Throws.TypeOf<OAuthException>().With.Message.Contains("update the package")
        );
    }

    [Test]
    [Description("A higher version is refused with a message that says what to do, whatever else it holds")]
    public void A_higher_version_is_refused()
    {
        byte[] newer = """{"Version":1000,"Id":{}}"""u8.ToArray();
        Assert.That(
            () => Grant.Unprotect(newer, Plainly),
            Throws
                .TypeOf<OAuthException>()
                .With.Message.Contains("version 1000")
                .And.Message.Contains("update the package")
                .And.Message.Contains("stay in the store")
        );
        Assert.That(
            () => DynamicClient.Unprotect(newer, Plainly),
            Throws.TypeOf<OAuthException>().With.Message.Contains("update the package")
        );
    }

    [Test]
    [Description("A pending authorization or logout with a member that this build does not know is read without it")]
    public void A_pending_one_is_read_without_them()
    {
        var pending = SampleAuthorization.Pending();
        Assert.That(PendingAuthorization.Unprotect(WithOneMore(pending.Protect(Plainly)), Plainly).State, Is.EqualTo(pending.State));
        PendingLogout logout = new()
        {
            ClientName = "photos",
            ExpectsRedirect = true,
            State = "state",
            ExpiresAt = DateTimeOffset.UnixEpoch,
        };
        Assert.That(PendingLogout.Unprotect(WithOneMore(logout.Protect(Plainly)), Plainly).ClientName, Is.EqualTo("photos"));
    }

    // Version, count, members of number, length and bytes.
    private static byte[] WithOneMore(byte[] data) => [data[0], (byte)(data[1] + 1), .. data[2..], 99, 2, 0xFF, 0];

    private static byte[] Plainly(byte[] data) => data;
}
