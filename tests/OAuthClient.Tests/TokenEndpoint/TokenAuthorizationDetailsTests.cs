using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests the authorization details of token requests (RFC 9396 §6).</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class TokenAuthorizationDetailsTests
{
    private static readonly AuthorizationDetails One = AuthorizationDetails.Parse("""[{"type":"one"}]""");
    private static readonly AuthorizationDetails Two = AuthorizationDetails.Parse("""[{"type":"two"}]""");

    [Test]
    [Description("RFC 9396 §6: the client's own token has the details of the options or of the call, each with a cache entry of its own")]
    public async Task The_clients_own_token()
    {
        await using var host = await OAuthTestHost.StartAsync(
            o => (o.AuthorizationDetails, o.Scopes) = (One.ToJson(), ["api"]),
            server: o => (o.AuthorizationDetailsTypes["one"], o.AuthorizationDetailsTypes["two"]) = ([], [])
        );
        var one = await host.Client.GetAccessTokenAsync(GrantOwner.Client);
        var two = await host.Client.GetAccessTokenAsync(GrantOwner.Client, new() { AuthorizationDetails = Two });

        Assert.That(one.AuthorizationDetails!.ToJson(), Is.EqualTo(One.ToJson()));
        Assert.That(two.AuthorizationDetails!.ToJson(), Is.EqualTo(Two.ToJson()));
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.Client), Is.EqualTo(one));
        Assert.That(await host.Client.GetAccessTokenAsync(GrantOwner.Client, new() { AuthorizationDetails = Two }), Is.EqualTo(two));
        Assert.That(host.TokenRequests, Is.EqualTo(2));
    }

    [Test]
    [Description("RFC 9396 §6: each request of the application can have them")]
    public async Task Requests_of_the_application()
    {
        await using ScriptedServer server = new();
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(authorizationDetails: One));
        await server.Client.RequestTokenAsync(TokenRequest.Refresh(new("rt"), authorizationDetails: Two));
        await server.Client.RequestTokenAsync(TokenRequest.Extension("urn:x", [new("authorization_details", One.ToJson())]));
        await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials());

        Assert.That(
            server.Requests.Select(request => request["authorization_details"]),
            Is.EqualTo(new[] { One.ToJson(), Two.ToJson(), One.ToJson(), null })
        );
    }

    [Test]
    [Description("RFC 9396 §7: the server must state what it granted; nothing is assumed about a response without a statement")]
    public async Task An_absent_statement_assumes_nothing()
    {
        await using ScriptedServer server = new();
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials(authorizationDetails: One));
        Assert.That(response.AccessToken.AuthorizationDetails, Is.Null);
    }

    [Test]
    [Description("RFC 6749 §3.2: the parameter has one way in, and is validated there")]
    public void One_way_in()
    {
        Assert.That(
            () => TokenRequest.ClientCredentials(parameters: [new("authorization_details", One.ToJson())]),
            Throws.ArgumentException.With.Message.Contains("'authorization_details'")
        );
        Assert.That(
            () => TokenRequest.Extension("urn:x", [new("authorization_details", "{}")]),
            Throws.ArgumentException.With.Message.Contains("not an array")
        );
    }

    [Test]
    [Description("Threat: one token for another. Details are part of the key of an access token, and do not change other keys")]
    public void Keys_of_access_tokens()
    {
        string[] keys =
        [
            new AccessTokenKey([], []).Key,
            new AccessTokenKey([], [], details: One).Key,
            new AccessTokenKey([], [], details: Two).Key,
            new AccessTokenKey(["a"], []).Key,
            new AccessTokenKey(["a"], [], details: One).Key,
        ];
        Assert.That(keys, Is.Unique);
        Assert.That(keys[3], Is.EqualTo("1:1:a0:"));
        Assert.That(AccessTokenKey.From(new() { AuthorizationDetails = One }).IsDefault, Is.False);
    }
}
