using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the grants of several accounts, imported grants, refreshes on demand and the revocation of single tokens.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OAuthClientGrantsTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("A user with two accounts at one server: both are listed, each is chosen by its id, and one is revoked")]
    public async Task Accounts_are_listed_chosen_and_revoked()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var alice = await host.SignInAsync(how: new SignInOptions { UserName = "alice" });
        var bob = await host.SignInAsync(how: new SignInOptions { UserName = "bob" });
        var grants = Grants(host);

        Assert.That((await grants.ListAsync(Owner)).Select(grant => grant.Id), Is.EqualTo(new[] { bob.Id, alice.Id }));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner, new() { GrantId = alice.Id }), Is.EqualTo(alice.AccessToken));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner, new() { GrantId = bob.Id }), Is.EqualTo(bob.AccessToken));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.EqualTo(bob.AccessToken));

        await grants.RevokeAsync(bob);

        Assert.That((await grants.ListAsync(Owner)).Select(grant => grant.Id), Is.EqualTo(new[] { alice.Id }));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.EqualTo(alice.AccessToken));
        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Revocation).Select(request => request.Form["token"]),
            Is.EqualTo(new[] { bob.RefreshToken!.Reveal(), bob.AccessToken!.Reveal() })
        );
    }

    [Test]
    [Description("The chosen account is refreshed with its own refresh token, not with that of the newest grant")]
    public async Task The_chosen_account_is_refreshed()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var alice = await host.SignInAsync(how: new SignInOptions { UserName = "alice" });
        await host.SignInAsync(how: new SignInOptions { UserName = "bob" });
        host.Server.ClearRequests();
        host.Clock.Advance(TimeSpan.FromHours(2));

        await host.Client.GetAccessTokenAsync(Owner, new() { GrantId = alice.Id });

        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["refresh_token"], Is.EqualTo(alice.RefreshToken!.Reveal()));
    }

    [Test]
    [Description("The token of the chosen account is replaced although it is fresh, and not that of the newest grant")]
    public async Task The_chosen_accounts_token_is_replaced_on_demand()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var alice = await host.SignInAsync(how: new SignInOptions { UserName = "alice" });
        var bob = await host.SignInAsync(how: new SignInOptions { UserName = "bob" });
        host.Server.ClearRequests();

        var replaced = await Grants(host).RefreshAsync(Owner, new() { GrantId = alice.Id });

        Assert.That(replaced, Is.Not.EqualTo(alice.AccessToken));
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["refresh_token"], Is.EqualTo(alice.RefreshToken!.Reveal()));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.EqualTo(bob.AccessToken));
    }

    [Test]
    [Description("Imports without a subject can be those of two accounts: none replaces another, and one with a subject replaces its own")]
    public async Task Imports_without_a_subject_stand_beside_each_other()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var first = await Grants(host).ImportGrantAsync(Owner, new("rt1"));
        var second = await Grants(host).ImportGrantAsync(Owner, new("rt2"));
        await Grants(host).ImportGrantAsync(Owner, new("rt3") { Subject = "1001" });
        var fourth = await Grants(host).ImportGrantAsync(Owner, new("rt4") { Subject = "1001" });

        Assert.That(
            (await Grants(host).ListAsync(Owner)).Select(grant => grant.Id),
            Is.EquivalentTo(new[] { first.Id, second.Id, fourth.Id })
        );
    }

    [Test]
    [Description("OpenID Connect Core §12.2: a grant without a subject is bound to the user of the first ID Token that a refresh returned")]
    public async Task A_grant_without_a_subject_keeps_its_user()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid", "offline_access"]);
        var source = await host.SignedInAsync(owner: "source");
        await host.Store.RemoveAsync(source, default);
        await Grants(host).ImportGrantAsync(Owner, new(source.RefreshToken!.Reveal()) { Scopes = ["openid", "offline_access"] });
        await Grants(host).RefreshAsync(Owner);
        Assert.That((await Grants(host).ListAsync(Owner)).Single().IdToken, Is.Not.Null);
        host.Server.Options.Defect = Defect.RefreshedIdTokenWrongSubject;

        Assert.That(async () => await Grants(host).RefreshAsync(Owner), Throws.InstanceOf<OAuthException>());
    }

    [Test]
    [Description("A grant of another owner cannot be chosen by its id")]
    public async Task Another_owners_grant_is_not_chosen()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var other = await host.SignInAsync(owner: "41");
        await host.SignInAsync();

        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(Owner, new() { GrantId = other.Id }),
            Throws.TypeOf<ReauthorizationRequiredException>().With.Message.Contains("GrantId")
        );
    }

    [Test]
    [Description("RFC 6749 §6: an imported refresh token is sent at the first use, and its grant is then like any other")]
    public async Task An_imported_grant_is_refreshed_at_its_first_use()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var source = await host.SignedInAsync(owner: "source");
        await host.Store.RemoveAsync(source, default);

        var imported = await Grants(host).ImportGrantAsync(Owner, new(source.RefreshToken!.Reveal()) { Scopes = ["api"] });

        Assert.That(imported.Scopes, Is.EqualTo(new[] { "api" }));
        Assert.That(host.TokenRequests, Is.Zero);
        var token = await host.Client.GetAccessTokenAsync(Owner);
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["refresh_token"], Is.EqualTo(source.RefreshToken!.Reveal()));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.EqualTo(token));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
        Assert.That((await host.Client.FindGrantAsync(Owner))!.Id, Is.EqualTo(imported.Id));
    }

    [Test]
    [Description("An imported access token is used until it expires")]
    public async Task An_imported_access_token_is_used()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await Grants(host)
            .ImportGrantAsync(Owner, new GrantImport("rt").WithAccessToken("imported", host.Clock.GetUtcNow() + TimeSpan.FromMinutes(10)));

        Assert.That((await host.Client.GetAccessTokenAsync(Owner)).Reveal(), Is.EqualTo("imported"));
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("RFC 6749 §5.2: an imported refresh token that the server rejects requires an authorization")]
    public async Task A_rejected_import_requires_an_authorization()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await Grants(host).ImportGrantAsync(Owner, new("unknown"));

        Assert.That(async () => await Grants(host).RefreshAsync(Owner), Throws.TypeOf<ReauthorizationRequiredException>());
    }

    [Test]
    [Description("The client itself has no grant, and an import needs a well-formed scope")]
    public async Task Malformed_imports_throw()
    {
        await using var host = await OAuthTestHost.StartAsync();
        Assert.That(async () => await Grants(host).ImportGrantAsync(GrantOwner.Client, new("rt")), Throws.ArgumentException);
        Assert.That(() => new GrantImport(""), Throws.ArgumentException);
        Assert.That(async () => await Grants(host).ImportGrantAsync(Owner, new("rt") { Scopes = ["a b"] }), Throws.ArgumentException);
        Assert.That(await Grants(host).ListAsync(Owner), Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §6: the token is replaced although it is fresh, also for concurrent callers with one request")]
    public async Task A_fresh_token_is_replaced_on_demand()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var grant = await host.SignedInAsync();

        // The response is held until all callers wait, because a later call replaces the token again.
        TaskCompletionSource release = new();
        host.Server.Faults.Add(TestEndpoint.Token, Fault.HoldUntil(release.Task), times: 1);

        Task<AccessToken>[] calls = [.. Enumerable.Range(0, 10).Select(_ => Grants(host).RefreshAsync(Owner))];
        release.SetResult();
        var refreshed = await Task.WhenAll(calls).Promptly();

        Assert.That(refreshed.Distinct().Single(), Is.Not.EqualTo(grant.AccessToken));
        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.EqualTo(refreshed[0]));
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("RFC 6749 §4.4: the client's own token is replaced on demand")]
    public async Task The_clients_token_is_replaced_on_demand()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var first = await Grants(host).RefreshAsync(GrantOwner.Client);
        var second = await Grants(host).RefreshAsync(GrantOwner.Client);

        Assert.That(second, Is.Not.EqualTo(first));
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.Client), Is.EqualTo(second));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("RFC 7009 §2.1: a revoked token of the client itself is not used again")]
    public async Task A_revoked_client_token_is_not_used()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var revoked = await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        await Grants(host).RevokeTokenAsync(revoked);

        Assert.That(host.Server.RequestsTo(TestEndpoint.Revocation).Single().Form["token"], Is.EqualTo(revoked.Reveal()));
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.Client), Is.Not.EqualTo(revoked));
    }

    [Test]
    [Description("Only access tokens and refresh tokens can be revoked (RFC 7009 §2.1)")]
    public async Task Other_secrets_are_not_sent()
    {
        await using var host = await OAuthTestHost.StartAsync();
        Assert.That(async () => await Grants(host).RevokeTokenAsync(new ClientSecret("s")), Throws.ArgumentException);
        Assert.That(host.Server.RequestsTo(TestEndpoint.Revocation), Is.Empty);
    }

    [Test]
    [Description("RFC 6749 §6: a grant is made from the response of a request, and refreshed like any other")]
    public async Task A_token_response_becomes_a_grant()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var source = await host.SignedInAsync(owner: "source");
        var response = await host.Client.RequestTokenAsync(TokenRequest.Refresh(source.RefreshToken!));

        var grant = await Grants(host).CreateGrantAsync(Owner, response);

        Assert.That(await host.Client.GetAccessTokenAsync(Owner), Is.EqualTo(response.AccessToken));
        Assert.That(grant.RefreshToken, Is.EqualTo(response.RefreshToken));
    }

    [Test]
    [Description("Threat: token substitution. The response of another client does not become a grant of this client")]
    public async Task A_response_of_another_client_is_refused()
    {
        await using var host = await OAuthTestHost.StartAsync();
        await using var other = await OAuthTestHost.StartAsync();
        var response = await other.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(
            async () => await Grants(host).CreateGrantAsync(Owner, response),
            Throws.ArgumentException.With.Message.Contains("another client or server")
        );
        Assert.That(await Grants(host).ListAsync(Owner), Is.Empty);
    }

    [Test]
    [Description("RFC 8414 §2: the metadata holds the endpoints and all members of the document")]
    public async Task Metadata_is_available()
    {
        await using var host = await OAuthTestHost.StartAsync();
        var metadata = await Grants(host).GetServerMetadataAsync();

        Assert.That(metadata.Issuer, Is.EqualTo(host.Server.Issuer.OriginalString));
        Assert.That(metadata.TokenEndpoint!.AbsoluteUri, Is.EqualTo(metadata.Document!.Value.GetProperty("token_endpoint").GetString()));
        Assert.That(metadata.Document!.Value.TryGetProperty("response_types_supported", out _));
        foreach (var endpoint in ServerEndpoint.All)
        {
            var property = typeof(ServerMetadata).GetProperty(endpoint.OptionName);
            Assert.That(property, Is.Not.Null, endpoint.OptionName);
            string? stated = metadata.Document.Value.TryGetProperty(endpoint.MetadataName, out var member) ? member.GetString() : null;
            Assert.That(((Uri?)property!.GetValue(metadata))?.AbsoluteUri, Is.EqualTo(stated), endpoint.OptionName);
        }
    }

    [Test]
    [Description("An explicit refresh replaces a token that the limit keeps for the handler")]
    public async Task An_explicit_refresh_is_not_limited()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        await host.SignedInAsync();
        host.Clock.Advance(TimeSpan.FromMinutes(2));
        host.Api.Faults.Add(TestEndpoint.Resource, Fault.Status(401));
        using (var response = await host.Http.GetAsync("/me"))
        using (var limited = await host.Http.GetAsync("/me"))
            Assert.That(host.TokenRequests, Is.EqualTo(1));
        var kept = await host.Client.GetAccessTokenAsync(Owner);

        var replaced = await Grants(host).RefreshAsync(Owner);

        Assert.That(replaced, Is.Not.EqualTo(kept));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    private static OAuthClientGrants Grants(OAuthTestHost host) =>
        host.Services.GetRequiredKeyedService<OAuthClientGrants>(OAuthTestHost.ClientName);
}
