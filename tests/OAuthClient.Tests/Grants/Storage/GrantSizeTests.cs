namespace OAuthClient.Tests;

/// <summary>Tests the estimated size of a grant, by which the cache is bounded.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrantSizeTests
{
    private static readonly string Long = new('x', 10_000);

    [Test]
    [Description("Each text whose length a server or a user can choose counts")]
    public void Each_text_counts()
    {
        long size = GrantSize.Of(Create());
        Grant[] grants =
        [
            Create(scopes: [Long]),
            Create(resources: ["https://api.example.com/" + Long]),
            Create(parameters: ["claims", Long]),
            Create(account: new(Long)),
            Create(account: new("1") { Name = Long }),
            Create(account: new("1") { Email = Long }),
            Create(account: new("1") { Picture = new("https://pictures.example.com/" + Long) }),
        ];

        Assert.That(grants.Select(grant => GrantSize.Of(grant) - size), Is.All.InRange(20_000, 30_000));
    }

    private static Grant Create(
        IReadOnlyList<string>? scopes = null,
        IReadOnlyList<string>? resources = null,
        IReadOnlyList<string>? parameters = null,
        GrantAccount? account = null
    ) =>
        new("id", "photos", GrantOwner.User("42"), "https://server.example.com", "client-id")
        {
            Scopes = scopes ?? [],
            Resources = resources ?? [],
            AuthorizationParameters = parameters ?? [],
            UserInfoAccount = account,
        };
}
