using System.Net;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests.DPoP;

/// <summary>
/// Proves that one option binds the tokens of every request to a key, against servers that verify each proof (RFC 9449).
/// </summary>
[TestFixture]
public class DPoPFlowTests
{
    private static readonly GrantOwner Owner = GrantOwner.User("42");

    [Test]
    [Description("§5, §7.1: code, API call, refresh and the call after it prove the possession of one key")]
    public async Task A_grant_is_bound_from_the_code_to_the_API([Values] bool nonces, [Values] bool isPublic)
    {
        await using var host = await StartAsync(nonces, isPublic);

        var grant = await host.SignInAsync();
        Assert.That(grant.AccessToken!.TokenType, Is.EqualTo("DPoP"));
        Assert.That(grant.AccessToken.KeyThumbprint, Has.Length.EqualTo(43));
        Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        host.Clock.Advance(TimeSpan.FromHours(1));
        Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        var refreshed = (await host.Store.FindAsync(OAuthTestHost.ClientName, Owner, CancellationToken.None)).Single();
        Assert.That(refreshed.AccessToken, Is.Not.EqualTo(grant.AccessToken));
        Assert.That(refreshed.AccessToken!.KeyThumbprint, Is.EqualTo(grant.AccessToken.KeyThumbprint));
        Assert.That(host.Api.Requests.Select(request => request.Headers.GetValueOrDefault("DPoP")), Is.All.Not.Null);
        Assert.That(host.Api.Requests.Select(request => request.Headers["DPoP"]), Is.Unique);
        Assert.That(host.Api.Requests[^1].Headers["Authorization"], Does.StartWith("DPoP "));
    }

    [Test]
    [Description("§8, §9: without nonces no request is sent twice; with nonces only the first to each server is")]
    public async Task A_nonce_costs_one_request_at_each_server([Values] bool nonces)
    {
        await using var host = await StartAsync(nonces);

        await host.SignInAsync();
        for (int i = 0; i < 3; i++)
            await host.Http.GetAsync("/me");

        Assert.That(host.TokenRequests, Is.EqualTo(nonces ? 2 : 1));
        Assert.That(host.Api.Requests, Has.Count.EqualTo(nonces ? 4 : 3));
    }

    [Test]
    [Description("§10.1: a pushed request proves the key too, and a code is bound to it")]
    public async Task A_pushed_request_has_a_proof([Values] bool nonces)
    {
        await using var host = await StartAsync(nonces, options: o => o.PushedAuthorization = PushedAuthorizationUse.Always);

        var grant = await host.SignInAsync();

        var pushed = host.Server.RequestsTo(TestEndpoint.PushedAuthorization)[^1];
        Assert.That(pushed.Headers.GetValueOrDefault("DPoP"), Is.Not.Null);
        Assert.That(pushed.Form["dpop_jkt"], Is.EqualTo(grant.AccessToken!.KeyThumbprint));
    }

    [Test]
    [Description("§7.1: UserInfo is a protected resource, with nonces of its own")]
    public async Task UserInfo_is_requested_with_a_proof([Values] bool nonces)
    {
        await using var host = await StartAsync(nonces, options: o => o.Scopes = ["openid", "profile"]);
        await host.SignInAsync();

        var info = await host.Client.GetUserInfoAsync(Owner);

        Assert.That(info.Subject, Is.Not.Empty);
    }

    [Test]
    [Description("§5: the client's own tokens are bound too")]
    public async Task Client_credentials_are_bound([Values] bool nonces)
    {
        await using var host = await StartAsync(
            nonces,
            api: (http, api) => http.AddAccessTokenHandler(OAuthTestHost.ClientName, t => t.ForClient().To(api.BaseAddress))
        );

        Assert.That((await host.Http.GetAsync("/echo")).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That((await host.Client.GetAccessTokenAsync(GrantOwner.Client)).TokenType, Is.EqualTo("DPoP"));
    }

    [Test]
    [Description("A handler that sends a request again does not send a proof again, which the API would refuse (§11.1)")]
    public async Task Each_send_of_a_retrying_handler_has_its_own_proof()
    {
        await using var host = await StartAsync(
            nonces: false,
            api: (http, api) =>
            {
                OAuthTestHost.ForOwner(http, api);
                http.AddHttpMessageHandler(() => new SendingTwice());
            }
        );
        await host.SignInAsync();

        Assert.That((await host.Http.GetAsync("/me")).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        Assert.That(host.Api.Requests.Select(request => request.Headers["DPoP"]).ToList(), Is.Unique.And.Count.EqualTo(2));
    }

    private static Task<OAuthTestHost> StartAsync(
        bool nonces,
        bool isPublic = false,
        Action<OAuthClientOptions>? options = null,
        Action<IHttpClientBuilder, TestResourceServer>? api = null
    ) => DPoPHost.StartAsync(nonces, isPublic, options, api);

    private sealed class SendingTwice : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            (await base.SendAsync(request, cancellationToken)).Dispose();
            return await base.SendAsync(request, cancellationToken);
        }
    }
}
