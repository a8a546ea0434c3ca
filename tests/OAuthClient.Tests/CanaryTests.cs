using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>
/// A canary in every secret, all logs at Trace, all traces, all metrics, every object's text and JSON, and every exception of a
/// long list of failures, most of them by a server that says our secrets back to us: no canary is heard (RFC 6819 §4.1.6, §4.2.1).
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class CanaryTests
{
    // Not a secret, but personal: for exceptions, and nowhere else.
    private const string Owner = "owner-canary-51c2";
    private const string Callback = "http://127.0.0.1:5005/callback";
    private const string ClientSecret = "canary secret/+&:%\u00fc-7d1f";

    [Test]
    [Description("RFC 6819 §4.1.6: what goes well is quiet")]
    public async Task A_login_with_everything_after_it_shows_no_secret()
    {
        await using var stage = await Stage.OpenAsync();
        var pending = await stage.BeginAsync();
        var response = AuthorizationResponse.Parse(await stage.SignInAsync(pending));
        var grant = await stage.Client.CompleteAuthorizationAsync(pending, response, owner: GrantOwner.User(Owner));
        using var http = stage.Http();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        stage.Server.ExpireAccessTokens();
        await http.GetStringAsync(new Uri("/me", UriKind.Relative));
        var token = await stage.Client.GetAccessTokenAsync(GrantOwner.User(Owner));
        var user = await stage.Client.GetUserInfoAsync(GrantOwner.User(Owner));
        var own = await stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials());
        var newest = await stage.Client.FindGrantAsync(GrantOwner.User(Owner));
        await stage.Client.RevokeAsync(GrantOwner.User(Owner));

        stage.Examine(
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
            TokenRequest.Extension("urn:example:grant", [new("assertion", stage.Secrets.First())]),
            stage.Options,
            new AccessTokenParameters { RejectedToken = token }
        );
        stage.RequireSilence(atLeastSecrets: 9);
    }

    [Test]
    [Description("RFC 6749 §10.14, RFC 6819 §4.2.1: a token endpoint that echoes what it was sent, in every member, form and shape")]
    public async Task A_token_endpoint_that_echoes_secrets_shows_none()
    {
        await using var stage = await Stage.OpenAsync();
        foreach (int which in Enumerable.Range(0, 6))
        {
            foreach (var answer in Echoes)
            {
                var pending = await stage.BeginAsync();
                var callback = await stage.SignInAsync(pending);
                string[] values =
                [
                    ClientSecret,
                    WebUtility.UrlEncode(ClientSecret),
                    pending.CodeVerifier.Reveal(),
                    QueryPairs.Single(callback)["code"],
                    Convert.ToBase64String(Encoding.ASCII.GetBytes("photos:" + WebUtility.UrlEncode(ClientSecret))),
                    Uri.EscapeDataString(ClientSecret).ToLowerInvariant(),
                ];
                await stage.ProvokeAsync(
                    () => stage.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User(Owner)),
                    answer(values[which])
                );
            }
        }
        stage.RequireSilence(atLeastSecrets: 100);
    }

    [Test]
    [Description("RFC 6819 §4.1.6: refresh, userinfo, revocation and client credentials at servers that echo what they were sent")]
    public async Task Other_endpoints_that_echo_secrets_show_none()
    {
        await using var stage = await Stage.OpenAsync();
        foreach (var answer in Echoes)
        {
            var grant = await stage.LogInAsync();
            string accessToken = grant.AccessToken!.Reveal();
            string refreshToken = grant.RefreshToken!.Reveal();

            await stage.ProvokeAsync(
                () => stage.Client.GetUserInfoAsync(GrantOwner.User(Owner)),
                answer(accessToken),
                TestEndpoint.UserInfo
            );
            await stage.ProvokeAsync(() => stage.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), answer(ClientSecret));
            await stage.ProvokeAsync(() => stage.Client.RequestTokenAsync(TokenRequest.Refresh(grant.RefreshToken!)), answer(refreshToken));
            await stage.ProvokeAsync(
                () => stage.Client.GetAccessTokenAsync(GrantOwner.User(Owner), new() { RejectedToken = grant.AccessToken }).AsTask(),
                answer(refreshToken)
            );
            // RFC 7009 §2.2: any 200 is a revocation.
            await stage.ProvokeAsync(
                () => stage.Client.RevokeAsync(GrantOwner.User(Owner)),
                answer(refreshToken),
                TestEndpoint.Revocation,
                mayPass: true
            );
        }
        stage.RequireSilence(atLeastSecrets: 30);
    }

    [Test]
    [Description("RFC 6819 §4.4.1: callbacks and ID Tokens that are not to be believed, and connections that break")]
    public async Task Refused_callbacks_and_broken_connections_show_no_secret()
    {
        await using var stage = await Stage.OpenAsync();
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
            var pending = await stage.BeginAsync();
            var callback = await stage.SignInAsync(pending);
            await stage.ProvokeAsync(() =>
                stage.Client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(change(callback)), GrantOwner.User(Owner))
            );
        }

        foreach (var (claim, value) in new[] { ("nonce", "x"), ("iss", "x"), ("aud", "x"), ("azp", "x"), ("sub", "") })
        {
            stage.Server.Options.OnIdTokenClaims = claims => claims[claim] = value;
            await stage.ProvokeAsync(stage.LogInAsync);
        }
        stage.Server.Options.OnIdTokenClaims = null;

        foreach (var fault in new[] { Fault.ResetBeforeWork(), Fault.ResetAfterWork(), Fault.TruncatedBody() })
            await stage.ProvokeAsync(stage.LogInAsync, fault);
        await stage.LogInAsync();
        stage.Server.RevokeEverything();
        using var http = stage.Http();
        await stage.ProvokeAsync(() => stage.Client.GetUserInfoAsync(GrantOwner.User(Owner)));
        await stage.ProvokeAsync(() => http.GetStringAsync(new Uri("https://elsewhere.invalid")));
        await stage.ProvokeAsync(() => stage.Client.GetAccessTokenAsync(GrantOwner.User("unknown")).AsTask());
        stage.RequireSilence(atLeastSecrets: 40);
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
        value => Fault.Body(Json(("access_token", "a"), ("token_type", "Bearer"), ("expires_in", value))),
        value => Fault.Body("{\"access_token\":[\"" + Uri.EscapeDataString(value) + "\"]}"),
        value => Fault.Body("\"" + Uri.EscapeDataString(value) + "\""),
        value => Fault.Redirect(new("https://elsewhere.invalid/?" + Uri.EscapeDataString(value))),
    ];

    private static string Json(params (string Name, string Value)[] members)
    {
        // Later members win, so that an error can be replaced by another.
        var json = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in members)
            json[name] = value;
        return JsonSerializer.Serialize(json);
    }

    private sealed class Stage : IAsyncDisposable
    {
        private readonly CanaryEavesdropper ear = new();
        private readonly ConcurrentDictionary<string, bool> secrets = new();
        private readonly ServiceProvider provider;

        private Stage(TestAuthorizationServer server, TestResourceServer api)
        {
            Server = server;
            Api = api;
            server.AddClient(
                new TestClient
                {
                    ClientId = "photos",
                    ClientSecret = ClientSecret,
                    RedirectUris = { Callback },
                }
            );
            server.Options.OnTokenResponse = response =>
            {
                foreach (string name in new[] { "access_token", "refresh_token", "id_token" })
                    Keep((string?)response[name]);
            };
            Keep(ClientSecret);
            Keep(WebUtility.UrlEncode(ClientSecret));
            Keep(Uri.EscapeDataString(ClientSecret));
            Keep(Convert.ToBase64String(Encoding.ASCII.GetBytes("photos:" + WebUtility.UrlEncode(ClientSecret))));

            Options = new()
            {
                Issuer = server.Issuer,
                ClientId = "photos",
                ClientSecret = ClientSecret,
                RedirectUri = new(Callback),
                Scopes = ["openid", "profile", "offline_access"],
                DangerouslyAllowHttpOnLoopback = true,
            };
            var services = new ServiceCollection();
            services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(ear));
            services
                .AddOAuthClient(
                    "photos",
                    o =>
                    {
                        foreach (var property in typeof(OAuthClientOptions).GetProperties())
                            property.SetValue(o, property.GetValue(Options));
                    }
                )
                .UseResilience(_ => { });
            services
                .AddHttpClient("api", http => http.BaseAddress = api.BaseAddress)
                .AddAccessTokenHandler("photos", t => t.ForOwner(GrantOwner.User(Owner)).To(api.BaseAddress));
            provider = services.BuildServiceProvider();
        }

        public TestAuthorizationServer Server { get; }
        private TestResourceServer Api { get; }
        public OAuthClientOptions Options { get; }
        public IOAuthClient Client => provider.GetRequiredKeyedService<IOAuthClient>("photos");
        public IEnumerable<string> Secrets => secrets.Keys;

        public static async Task<Stage> OpenAsync()
        {
            var server = await TestAuthorizationServer.StartAsync();
            return new(server, await server.StartResourceServerAsync());
        }

        public HttpClient Http() => provider.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        public async Task<PendingAuthorization> BeginAsync()
        {
            var pending = await Client.BeginAuthorizationAsync();
            Keep(pending.State);
            Keep(pending.Nonce);
            Keep(pending.CodeVerifier.Reveal());
            return pending;
        }

        public async Task<Uri> SignInAsync(PendingAuthorization pending)
        {
            var callback = await Server.SignInAsync(pending.AuthorizationUri);
            Keep(QueryPairs.Single(callback)["code"]);
            return callback;
        }

        public async Task<Grant> LogInAsync()
        {
            var pending = await BeginAsync();
            return await Client.CompleteAuthorizationAsync(
                pending,
                AuthorizationResponse.Parse(await SignInAsync(pending)),
                GrantOwner.User(Owner)
            );
        }

        public async Task ProvokeAsync(
            Func<Task> act,
            Fault? fault = null,
            TestEndpoint endpoint = TestEndpoint.Token,
            bool mayPass = false
        )
        {
            if (fault is not null)
                Server.Faults.Add(endpoint, fault);
            try
            {
                await act();
            }
            catch (Exception exception)
            {
                for (var one = exception; one is not null; one = one.InnerException)
                {
                    ear.Hear("exception", one);
                    Examine(one);
                    foreach (var property in one.GetType().GetProperties().Where(property => property.Name != "TargetSite"))
                        ear.Hear("exception property " + property.Name, property.GetValue(one));
                }
                return;
            }
            finally
            {
                Server.Faults.Clear();
            }
            Assert.That(mayPass, Is.True, $"Nothing failed at {fault}.");
        }

        public void Examine(params object[] objects)
        {
            foreach (object one in objects)
            {
                ear.Hear("text", one);
                ear.Hear(
                    "display",
                    string.Join(
                        ' ',
                        one.GetType()
                            .GetCustomAttributes(inherit: true)
                            .OfType<System.Diagnostics.DebuggerDisplayAttribute>()
                            .Select(display => display.Value)
                    )
                );
                foreach (object shape in new[] { one, new { one }, new[] { one } })
                {
                    try
                    {
                        ear.Hear("JSON", JsonSerializer.Serialize(shape));
                    }
                    catch (Exception refusal) when (refusal is NotSupportedException or InvalidOperationException or JsonException)
                    {
                        ear.Hear("JSON refusal", refusal);
                    }
                }
            }
        }

        public void RequireSilence(int atLeastSecrets)
        {
            Assert.That(secrets, Has.Count.AtLeast(atLeastSecrets), "too few secrets were collected for this test to mean anything");
            ear.Ask();
            Assert.That(
                ear.Heard,
                Has.Some.StartsWith("log OAuthClient")
                    .And.Some.StartsWith("activity OAuthClient")
                    .And.Some.StartsWith("meter oauthclient."),
                "nothing was listened to"
            );
            Assert.That(
                ear.Heard.Where(heard =>
                        heard.Contains(Owner, StringComparison.OrdinalIgnoreCase)
                        && (
                            heard.StartsWith("log", StringComparison.Ordinal)
                            || heard.StartsWith("activity", StringComparison.Ordinal)
                            || heard.StartsWith("meter", StringComparison.Ordinal)
                        )
                    )
                    .Take(5),
                Is.Empty,
                "whose grant it is"
            );
            var hits =
                from heard in ear.Heard
                from secret in secrets.Keys
                where heard.Contains(secret, StringComparison.OrdinalIgnoreCase)
                select $"'{secret}' in {heard}";
            Assert.That(hits.Take(5), Is.Empty);
        }

        public async ValueTask DisposeAsync()
        {
            await provider.DisposeAsync();
            await Api.DisposeAsync();
            await Server.DisposeAsync();
            ear.Dispose();
        }

        private void Keep(string? secret)
        {
            if (secret is not null)
                secrets[secret] = true;
        }
    }
}
