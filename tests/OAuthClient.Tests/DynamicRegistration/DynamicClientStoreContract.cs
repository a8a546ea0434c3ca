using System.Text.Json;

namespace OAuthClient.Tests;

/// <summary>Tests that every implementation of <see cref="IDynamicClientStore"/> must pass.</summary>
public abstract class DynamicClientStoreContract
{
    private const string Server = "https://as.example";

    private IDynamicClientStore Store { get; set; } = null!;

    [SetUp]
    public async Task StartAsync() => Store = await CreateAsync();

    /// <summary>Creates an empty store.</summary>
    protected abstract ValueTask<IDynamicClientStore> CreateAsync();

    [Test]
    [Description("A client is stored by name and server, compared ordinally")]
    public async Task A_stored_client_is_found()
    {
        var client = Client("photos", Server);
        Assert.That(await Store.TryReplaceAsync(client, default), Is.True);

        var found = await Store.FindAsync("photos", Server, default);
        Assert.That(found!.ClientId, Is.EqualTo("an-id"));
        Assert.That(found.ClientSecret!.Reveal(), Is.EqualTo("a-secret"));
        Assert.That(found.RegistrationAccessToken!.Reveal(), Is.EqualTo("a-token"));
        foreach (
            var (name, server) in new[] { ("Photos", Server), ("photos", Server + "/"), ("photos", "https://AS.example"), ("", Server) }
        )
            Assert.That(await Store.FindAsync(name, server, default), Is.Null);
    }

    [Test]
    [Description("Compare-and-set on Generation: of several concurrent writers one succeeds")]
    public async Task Only_the_next_generation_is_stored()
    {
        Assert.That(
            await Store.TryReplaceAsync(Client("photos", Server, generation: 2), default),
            Is.False,
            "the first generation is missing"
        );
        var first = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i => Task.Run(async () => await Store.TryReplaceAsync(Client("photos", Server, "id-" + i), default)))
        );
        Assert.That(first.Count(stored => stored), Is.EqualTo(1));
        var second = await Task.WhenAll(
            Enumerable
                .Range(0, 20)
                .Select(i => Task.Run(async () => await Store.TryReplaceAsync(Client("photos", Server, "id-" + i, generation: 2), default)))
        );
        Assert.That(second.Count(stored => stored), Is.EqualTo(1));
        Assert.That(await Store.TryReplaceAsync(Client("photos", Server, generation: 1), default), Is.False);
        Assert.That(await Store.TryReplaceAsync(Client("photos", Server, generation: 4), default), Is.False);
        Assert.That((await Store.FindAsync("photos", Server, default))!.Generation, Is.EqualTo(2));
    }

    [Test]
    [Description("The client with the given identifier is removed, whatever its generation, and no other")]
    public async Task A_removed_client_is_not_found()
    {
        await Store.TryReplaceAsync(Client("photos", Server), default);
        await Store.TryReplaceAsync(Client("photos", Server, generation: 2), default);
        await Store.TryReplaceAsync(Client("mail", Server), default);
        await Store.RemoveAsync(Client("photos", Server, "another-id"), default);
        Assert.That(await Store.FindAsync("photos", Server, default), Is.Not.Null);
        await Store.RemoveAsync(Client("photos", Server), default);
        await Store.RemoveAsync(Client("photos", Server), default);
        Assert.That(await Store.FindAsync("photos", Server, default), Is.Null);
        Assert.That(await Store.FindAsync("mail", Server, default), Is.Not.Null);
        Assert.That(await Store.TryReplaceAsync(Client("photos", Server), default), Is.True, "a removed client can be stored again");
    }

    internal static DynamicClient Client(string name, string server, string clientId = "an-id", long generation = 1) =>
        new(name, server, clientId)
        {
            Generation = generation,
            RegisteredAt = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
            LastConfirmedAt = new(2030, 1, 2, 0, 0, 0, TimeSpan.Zero),
            SecretIssuedAt = new(2030, 1, 1, 12, 0, 0, TimeSpan.Zero),
            SecretExpiresAt = new(2030, 2, 1, 0, 0, 0, TimeSpan.Zero),
            Metadata = JsonElement.Parse("""{"client_name":"Photos"}"""),
            Authentication = ClientAuthenticationMethod.ClientSecretPost,
            ClientSecret = new("a-secret"),
            ManagementUri = new("https://as.example/manage/1"),
            RegistrationAccessToken = new("a-token"),
        };
}
