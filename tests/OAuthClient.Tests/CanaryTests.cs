using System.Net;
using System.Text;
using System.Text.Json;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that no secret appears in logs (at level Trace), traces, metrics, the text or JSON form of objects, or exceptions. Every secret is
/// a unique marker value. Most failures come from a server that echoes the secrets it receives (RFC 6819 §4.1.6, §4.2.1).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CanaryTests
{
    [Test]
    [Description("RFC 6819 §4.1.6: successful operations write no secret to logs, traces, metrics or the text of an object")]
    public async Task Successful_operations_expose_no_secret()
    {
        await using var host = await CanaryHost.StartAsync();
        var pending = await host.BeginAsync();
        var response = AuthorizationResponse.Parse(await host.SignInAsync(pending));
        var grant = await host.Client.CompleteAuthorizationAsync(pending, response, owner: GrantOwner.User(CanaryHost.Owner));
        using var http = host.Http();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        host.Server.ExpireAccessTokens();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        var token = await host.Client.GetAccessTokenAsync(GrantOwner.User(CanaryHost.Owner));
        var user = await host.Client.GetUserInfoAsync(GrantOwner.User(CanaryHost.Owner));
        var own = await host.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        var newest = await host.Client.FindGrantAsync(GrantOwner.User(CanaryHost.Owner));
        await host.Client.RevokeAsync(GrantOwner.User(CanaryHost.Owner));

        host.Examine(
            pending,
            response,
            grant,
            newest!,
            grant.Owner,
            token,
            grant.AccessToken!,
            grant.RefreshToken!,
            grant.IdToken!,
            user,
            own,
            own.AccessToken,
            TokenRequest.Refresh(grant.RefreshToken!),
            TokenRequest.Extension("urn:example:grant", [new("assertion", host.Secrets.First())]),
            host.Options,
            new AccessTokenParameters { RejectedToken = token }
        );
        host.AssertNoSecretWasRecorded(atLeastSecrets: 9);
    }

    [Test]
    [Description("RFC 6749 §10.14, RFC 6819 §4.2.1: no secret is exposed when the token endpoint echoes the request in any form")]
    public async Task A_token_endpoint_that_echoes_secrets_exposes_none()
    {
        await using var host = await CanaryHost.StartAsync();
        foreach (int index in Enumerable.Range(0, 6))
        {
            foreach (var answer in Echoes)
            {
                var pending = await host.BeginAsync();
                var callback = await host.SignInAsync(pending);
                string[] values =
                [
                    CanaryHost.ClientSecret,
                    WebUtility.UrlEncode(CanaryHost.ClientSecret),
                    pending.CodeVerifier!.Reveal(),
                    QueryPairs.Single(callback)["code"],
                    Convert.ToBase64String(Encoding.ASCII.GetBytes("photos:" + WebUtility.UrlEncode(CanaryHost.ClientSecret))),
                    Uri.EscapeDataString(CanaryHost.ClientSecret).ToLowerInvariant(),
                ];
                await host.ProvokeAsync(
                    () =>
                        host.Client.CompleteAuthorizationAsync(
                            pending,
                            AuthorizationResponse.Parse(callback),
                            GrantOwner.User(CanaryHost.Owner)
                        ),
                    answer(values[index])
                );
            }
        }
        host.AssertNoSecretWasRecorded(atLeastSecrets: 100);
    }

    [Test]
    [Description("RFC 6819 §4.1.6: no secret is exposed when refresh, UserInfo, revocation and client credentials responses echo it")]
    public async Task Other_endpoints_that_echo_secrets_expose_none()
    {
        await using var host = await CanaryHost.StartAsync();
        foreach (var answer in Echoes)
        {
            var grant = await host.LogInAsync();
            string accessToken = grant.AccessToken!.Reveal();
            string refreshToken = grant.RefreshToken!.Reveal();

            await host.ProvokeAsync(() => host.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), answer(CanaryHost.ClientSecret));
            await host.ProvokeAsync(() => host.Client.RequestTokenAsync(TokenRequest.Refresh(grant.RefreshToken!)), answer(refreshToken));
            await host.ProvokeAsync(
                () =>
                    host
                        .Client.GetAccessTokenAsync(GrantOwner.User(CanaryHost.Owner), new() { RejectedToken = grant.AccessToken })
                        .AsTask(),
                answer(refreshToken)
            );
            // A token that the endpoint rejects with 401 is replaced once, and the second response succeeds.
            await host.ProvokeAsync(
                () => host.Client.GetUserInfoAsync(GrantOwner.User(CanaryHost.Owner)),
                answer(accessToken),
                TestEndpoint.UserInfo,
                mayPass: true
            );
            // RFC 7009 §2.2: any 200 response means the token is revoked.
            await host.ProvokeAsync(
                () => host.Client.RevokeAsync(GrantOwner.User(CanaryHost.Owner)),
                answer(refreshToken),
                TestEndpoint.Revocation,
                mayPass: true
            );
        }
        host.AssertNoSecretWasRecorded(atLeastSecrets: 30);
    }

    [Test]
    [Description("RFC 6819 §4.4.1: no secret is exposed by rejected callbacks, rejected ID Tokens or broken connections")]
    public async Task Rejected_callbacks_and_broken_connections_expose_no_secret()
    {
        await using var host = await CanaryHost.StartAsync();
        Func<Uri, string>[] callbacks =
        [
            good => good + "&code=again",
            good => good + "&error=access_denied",
            good => good + "&iss=twice",
            good => $"{good}".Replace("state=", "state=x", StringComparison.Ordinal),
            good => $"{good}".Replace("state=", "stat=", StringComparison.Ordinal),
            good => $"{good}".Replace("iss=", "iss=x", StringComparison.Ordinal),
            good => $"{good}".Replace("/callback", "/other", StringComparison.Ordinal),
            good => $"{good}".Replace("code=", "cod=", StringComparison.Ordinal),
        ];
        foreach (var change in callbacks)
        {
            var pending = await host.BeginAsync();
            var callback = await host.SignInAsync(pending);
            await host.ProvokeAsync(() =>
                host.Client.CompleteAuthorizationAsync(
                    pending,
                    AuthorizationResponse.Parse(change(callback)),
                    GrantOwner.User(CanaryHost.Owner)
                )
            );
        }

        foreach (var (claim, value) in new[] { ("nonce", "x"), ("iss", "x"), ("aud", "x"), ("azp", "x"), ("sub", "") })
        {
            host.Server.Options.OnIdTokenClaims = claims => claims[claim] = value;
            await host.ProvokeAsync(host.LogInAsync);
        }
        host.Server.Options.OnIdTokenClaims = null;

        foreach (var fault in new[] { Fault.ResetBeforeWork(), Fault.ResetAfterWork(), Fault.TruncatedBody() })
            await host.ProvokeAsync(host.LogInAsync, fault);
        await host.LogInAsync();
        host.Server.RevokeEverything();
        using var http = host.Http();
        await host.ProvokeAsync(() => host.Client.GetUserInfoAsync(GrantOwner.User(CanaryHost.Owner)));
        await host.ProvokeAsync(() => http.GetStringAsync(new Uri("https://elsewhere.invalid")));
        await host.ProvokeAsync(() => host.Client.GetAccessTokenAsync(GrantOwner.User("unknown")).AsTask());
        host.AssertNoSecretWasRecorded(atLeastSecrets: 40);
    }

    private static readonly Func<string, Fault>[] Echoes =
    [
        .. new[] { "error", "error_description", "error_uri" }.Select(member => new Func<string, Fault>(value =>
            Fault.Status(400, Json(("error", "invalid_request"), (member, "You sent " + value)))
        )),
        value => Fault.Status(401, Json(("error", "invalid_client"), ("error_description", value + value))),
        value => Fault.Status(400, Json(("error", "invalid_grant"), ("error_description", new string('x', 250) + value))),
        value => Fault.Status(200, Json(("error", value))),
        value => Fault.Status(400, "<html>" + value + "</html>", "text/html"),
        value => Fault.Status(500, value, "text/" + string.Concat(value.Where(char.IsAsciiLetterOrDigit))),
        value => Fault.Body(Json(("access_token", "a"), ("token_type", value))),
        value => Fault.Body(Json(("access_token", value + "\r\n"), ("token_type", "Bearer"))),
        value => Fault.Body(Json(("access_token", "a"), ("token_type", value), ("expires_in", value))),
        value => Fault.Body("{\"access_token\":[\"" + Uri.EscapeDataString(value) + "\"]}"),
        value => Fault.Body("\"" + Uri.EscapeDataString(value) + "\""),
        value => Fault.Redirect(new("https://elsewhere.invalid/?" + Uri.EscapeDataString(value))),
    ];

    private static string Json(params (string Name, string Value)[] members)
    {
        // A later member replaces an earlier one of the same name, so that a case can replace the error.
        var json = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in members)
            json[name] = value;
        return JsonSerializer.Serialize(json);
    }
}
