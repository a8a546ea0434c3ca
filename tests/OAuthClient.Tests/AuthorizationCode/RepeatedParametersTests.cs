namespace OAuthClient.Tests;

/// <summary>Tests that the parameters of one authorization are remembered in the grant and used again when it is reauthorized.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class RepeatedParametersTests
{
    [Test]
    [Description("Parameters of one authorization reach the grant, survive the store and are repeated, except those of the moment")]
    public async Task The_parameters_are_repeated()
    {
        await using var host = await OAuthTestHost.StartAsync(o =>
        {
            o.Scopes = ["openid"];
            o.AuthorizationParameters["access_type"] = "online";
        });
        var grant = await host.SignInAsync(
            parameters: new()
            {
                Scopes = ["openid", "photos.read", "offline_access"],
                Resources = [new("https://api.example.com")],
                UiLocales = "de",
                AcrValues = "two",
                Claims = """{"userinfo":{"email":null}}""",
                Prompt = "consent",
                LoginHint = "alice",
                MaxAge = TimeSpan.FromHours(1),
                Additional = new Dictionary<string, string> { ["access_type"] = "offline", ["id_token_hint"] = "ey" },
            }
        );
        grant = Grant.Unprotect(grant.Protect(data => data), data => data);
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(grant.Owner);
        grant = (await host.Client.FindGrantAsync(grant.Owner))!;
        Assert.That(grant.Generation, Is.GreaterThan(1), "a refresh keeps them");

        var pending = await host.Client.BeginAuthorizationAsync(AuthorizationParameters.ForReauthorization(grant));
        var query = QueryPairs.Single(pending.AuthorizationUri);
        Assert.That(query["scope"], Is.EqualTo("openid photos.read offline_access"));
        Assert.That(query["resource"], Is.EqualTo("https://api.example.com"));
        Assert.That(query["access_type"], Is.EqualTo("offline"));
        Assert.That(query["ui_locales"], Is.EqualTo("de"));
        Assert.That(query["acr_values"], Is.EqualTo("two"));
        Assert.That(query["claims"], Is.EqualTo("""{"userinfo":{"email":null}}"""));
        Assert.That(
            query.Keys,
            Has.No.Member("prompt").And.No.Member("login_hint").And.No.Member("max_age").And.No.Member("id_token_hint")
        );
    }

    [Test]
    [Description("A required authentication context class stays required (OpenID Connect Core §5.5.1.1)")]
    public void A_required_acr_value_stays_required()
    {
        var grant = Issued(new() { RequiredAcrValues = ["phr"] }, o => o.Scopes = ["openid"]);
        Assert.That(AuthorizationParameters.ForReauthorization(grant).RequiredAcrValues, Is.EqualTo(["phr"]));
        var exception = new ReauthorizationRequiredException("photos", "x") { AcrValues = ["mfa"] };
        Assert.That(
            AuthorizationParameters.ForReauthorization(grant, exception).RequiredAcrValues,
            Is.EqualTo(["mfa"]),
            "a user can remove acr_values from the address"
        );
        Assert.That(AuthorizationParameters.ForReauthorization(grant).Scopes, Is.Null, "the options decide on the scopes");
    }

    [Test]
    [Description("RFC 9470 §4: what the exception requires is added, and replaces what was given")]
    public void The_exception_takes_precedence()
    {
        var grant = Issued(
            new()
            {
                AcrValues = "one",
                Claims = "{}",
                Additional = new Dictionary<string, string> { ["a"] = "b" },
            }
        );
        var parameters = AuthorizationParameters.ForReauthorization(
            grant,
            new ReauthorizationRequiredException("photos", "x")
            {
                Scopes = ["photos.write"],
                AcrValues = ["two", "three"],
                Claims = """{"access_token":{}}""",
            },
            "login"
        );
        var query = QueryPairs.Single(SampleRequest.Begin(o => o.Scopes = ["openid", "photos.read"], parameters).AuthorizationUri);
        Assert.That(query["scope"], Is.EqualTo("openid photos.read photos.write"), "in addition to those of the options");
        Assert.That(query["acr_values"], Is.EqualTo("two three"));
        Assert.That(query["claims"], Is.EqualTo("""{"access_token":{}}"""));
        Assert.That(query["a"], Is.EqualTo("b"));
        Assert.That(query["prompt"], Is.EqualTo("login"));
    }

    [TestCase("mfa", "phr", "mfa phr", "phr")]
    [TestCase("one", "one two", "one", "one")]
    [TestCase("one three", "one two", "one three two", "one two")]
    [TestCase("mfa", "", "mfa", "")]
    [Description("An API does not replace the authentication that the application requires; it can choose among the required values")]
    public void An_api_does_not_replace_required_acr_values(string api, string required, string sent, string remaining)
    {
        var grant = Issued(new() { RequiredAcrValues = ScopeList.Split(required) }, o => o.Scopes = ["openid"]);
        var exception = new ReauthorizationRequiredException("photos", "x") { AcrValues = ScopeList.Split(api), IsFromApi = true };

        var parameters = AuthorizationParameters.ForReauthorization(grant, exception);

        Assert.That(parameters.AcrValues, Is.EqualTo(sent));
        Assert.That(parameters.RequiredAcrValues, Is.EqualTo(ScopeList.Split(remaining)));
    }

    [Test]
    [Description("An API's acr values precede the preferred ones of the application")]
    public void An_api_does_not_remove_preferred_acr_values()
    {
        var exception = new ReauthorizationRequiredException("photos", "x") { AcrValues = ["mfa"], IsFromApi = true };
        Assert.That(
            AuthorizationParameters.ForReauthorization(Issued(new() { AcrValues = "one mfa" }), exception).AcrValues,
            Is.EqualTo("mfa one")
        );
    }

    [TestCase("""{"access_token":{"nbf":null}}""", """{"userinfo":{"email":null},"access_token":{"nbf":null}}""")]
    [TestCase("""{"userinfo":{"name":null}}""", """{"userinfo":{"email":null,"name":null}}""")]
    [TestCase("""{"userinfo":{"email":{"value":"x"}}}""", """{"userinfo":{"email":null}}""")]
    [TestCase("""{"id_token":{"acr":null},"userinfo":null}""", """{"userinfo":{"email":null}}""")]
    [Description("An API adds claims to those of the application, and changes none of them")]
    public void An_api_adds_claims(string api, string sent)
    {
        var grant = Issued(new() { Claims = """{"userinfo":{"email":null}}""" });
        var exception = new ReauthorizationRequiredException("photos", "x") { Claims = api, IsFromApi = true };
        Assert.That(AuthorizationParameters.ForReauthorization(grant, exception).Claims, Is.EqualTo(sent));
        Assert.That(AuthorizationParameters.ForReauthorization(Issued(new()), exception).Claims, Is.EqualTo(api));
    }

    [Test]
    [Description("What an API added is not repeated, so that it does not conflict with the next challenge (Entra: another time in nbf)")]
    public void What_an_api_adds_is_not_repeated()
    {
        var grant = Issued(new() { AcrValues = "one", Claims = """{"userinfo":{"email":null}}""" });
        foreach (string time in new[] { "1", "2" })
        {
            string claims = """{"access_token":{"nbf":{"value":"TIME"}}}""".Replace("TIME", time, StringComparison.Ordinal);
            ReauthorizationRequiredException exception = new("photos", "x")
            {
                AcrValues = [time],
                Claims = claims,
                IsFromApi = true,
            };
            var parameters = AuthorizationParameters.ForReauthorization(grant, exception);
            Assert.That(
                (parameters.AcrValues, parameters.Claims),
                Is.EqualTo(($"{time} one", $$"""{"userinfo":{"email":null},{{claims[1..]}}"""))
            );
            grant = Issued(parameters);
        }
        Assert.That(AuthorizationParameters.ForReauthorization(grant).AcrValues, Is.EqualTo("one"));
    }

    [Test]
    [Description("Claims of an API that would make the parameter too long are left out")]
    public void Long_claims_of_an_api_are_left_out()
    {
        var grant = Issued(new() { Claims = """{"userinfo":{"email":null}}""" });
        string name = new('a', RequiredAuthorization.MaximumClaimsLength - 30);
        string claims = """{"access_token":{"NAME":null}}""".Replace("NAME", name, StringComparison.Ordinal);
        var exception = new ReauthorizationRequiredException("photos", "x") { Claims = claims, IsFromApi = true };
        Assert.That(AuthorizationParameters.ForReauthorization(grant, exception).Claims, Is.EqualTo("""{"userinfo":{"email":null}}"""));
    }

    [Test]
    [Description("Without a grant, and for a grant without parameters, the options alone decide")]
    public void Without_parameters_the_options_decide()
    {
        Assert.That(AuthorizationParameters.ForReauthorization(null), Is.EqualTo(new AuthorizationParameters()));
        Assert.That(Issued(new() { Prompt = "login" }).AuthorizationParameters, Is.Empty);
    }

    [Test]
    [Description("More than 1,024 characters are not repeated, because they would not fit into a cookie")]
    public void Long_parameters_are_not_repeated()
    {
        var grant = Issued(
            new()
            {
                Scopes = ["one"],
                Additional = new Dictionary<string, string> { ["a"] = new('b', 1024) },
            },
            o => o.Scopes = ["two"]
        );
        var parameters = AuthorizationParameters.ForReauthorization(grant);
        Assert.That(parameters.Additional, Is.Empty);
        Assert.That(parameters.Scopes, Is.EqualTo(["one"]));
    }

    [Test]
    [Description("An API call for scopes that no grant has tells the next authorization which to request")]
    public async Task Missing_scopes_are_in_the_exception()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["api"]);
        var grant = await host.SignInAsync();
        Assert.That(
            async () => await host.Client.GetAccessTokenAsync(grant.Owner, new() { Scopes = ["photos.write"] }),
            Throws
                .InstanceOf<ReauthorizationRequiredException>()
                .With.Property(nameof(ReauthorizationRequiredException.Scopes))
                .EqualTo(new[] { "photos.write" })
        );
    }

    private static Grant Issued(AuthorizationParameters parameters, Action<OAuthClientOptions>? options = null)
    {
        var begun = SampleRequest.Begin(options, parameters);
        var pending = PendingAuthorization.Unprotect(begun.Protect(data => data), data => data);
        return new("id", "photos", GrantOwner.User("42"), "https://server.example.com", "client-id")
        {
            Scopes = pending.Scopes,
            Resources = pending.Resources,
            AuthorizationParameters = RepeatedParameters.Of(pending),
        };
    }

    [Test]
    [Description("Parameters that are not repeated are logged once for the authorization, by name and without a value")]
    public async Task Long_parameters_are_logged()
    {
        await using ScriptedServer server = new();
        var parameters = new Dictionary<string, string> { ["login_hint_token"] = "t", ["tenant"] = new('b', 1025) };
        await server.SignInAsync(parameters: new() { UiLocales = "de", Additional = parameters });

        string message = server.Log.Events(409).Single().Message;
        Assert.That(message, Does.Contain("ui_locales, tenant").And.Not.Contain("bbb").And.Not.Contain("login_hint_token"));
        await server.SignInAsync(parameters: new() { UiLocales = "de" });
        Assert.That(server.Log.Events(409), Has.Count.EqualTo(1));
    }
}
