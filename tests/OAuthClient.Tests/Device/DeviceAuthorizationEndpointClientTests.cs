using System.Text.Json;

namespace OAuthClient.Tests.Device;

/// <summary>Tests the device authorization request and how its response is read (RFC 8628 §3.1, §3.2).</summary>
[TestFixture]
internal sealed class DeviceAuthorizationEndpointClientTests
{
    [Test]
    public async Task Request_contains_the_parameters_and_authenticates_the_client()
    {
        await using DeviceServer server = new(options: o =>
        {
            o.Scopes = ["photos.read", "offline_access"];
            o.Resources = [new("https://api.example")];
        });

        await server.Device.BeginAsync(new() { Additional = new Dictionary<string, string> { ["audience"] = "photos" } });

        var request = server.Server.Only;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Method, Is.EqualTo(HttpMethod.Post));
            Assert.That(request["scope"], Is.EqualTo("photos.read offline_access"));
            Assert.That(request["resource"], Is.EqualTo("https://api.example"));
            Assert.That(request["audience"], Is.EqualTo("photos"));
            Assert.That(request.Authorization, Does.StartWith("Basic "));
        }
    }

    [Test]
    public async Task Parameters_replace_those_of_the_options()
    {
        await using DeviceServer server = new(options: o => o.Scopes = ["photos.read"]);
        var details = AuthorizationDetails.Parse("""[{"type":"payment"}]""");

        await server.Device.BeginAsync(
            new()
            {
                Scopes = ["photos.write"],
                Resources = [new("https://other.example")],
                AuthorizationDetails = details,
            }
        );

        var request = server.Server.Only;
        Assert.That(request["scope"], Is.EqualTo("photos.write"));
        Assert.That(request["resource"], Is.EqualTo("https://other.example"));
        Assert.That(JsonElement.DeepEquals(JsonElement.Parse(request["authorization_details"]!), details.Json), Is.True);
    }

    [Test, Description("RFC 8628 §3.1: a public client sends its client_id")]
    public async Task Public_client_identifies_itself()
    {
        await using DeviceServer server = new(options: o => o.ClientSecret = null);

        await server.Device.BeginAsync();

        Assert.That(server.Server.Only["client_id"], Is.EqualTo("client"));
    }

    [TestCase("scope")]
    [TestCase("client_id")]
    [TestCase("device_code")]
    public async Task Reserved_parameters_are_refused(string name)
    {
        await using DeviceServer server = new();

        var error = Assert.ThrowsAsync<ArgumentException>(() =>
            server.Device.BeginAsync(new() { Additional = new Dictionary<string, string> { [name] = "x" } })
        );

        Assert.That(error.Message, Does.Contain($"'{name}' cannot be an additional device authorization parameter"));
        Assert.That(server.Server.Requests, Is.Empty);
    }

    [Test]
    public async Task Server_without_the_endpoint_is_named()
    {
        await using DeviceServer server = new(options: o => o.DeviceAuthorizationEndpoint = null);

        var error = Assert.ThrowsAsync<OAuthException>(() => server.Device.BeginAsync());

        Assert.That(error.Message, Does.Contain("names no device authorization endpoint; set DeviceAuthorizationEndpoint"));
    }

    [Test]
    public async Task Response_is_read()
    {
        await using DeviceServer server = new(
            DeviceServer.Begun(",\"verification_uri_complete\":\"https://as.example/enter?user_code=WDJB-MJHT\",\"unknown\":1")
        );

        var pending = await server.Device.BeginAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(pending.UserCode, Is.EqualTo("WDJB-MJHT"));
            Assert.That(pending.VerificationUri.AbsoluteUri, Is.EqualTo("https://as.example/enter"));
            Assert.That(pending.VerificationUriComplete?.AbsoluteUri, Is.EqualTo("https://as.example/enter?user_code=WDJB-MJHT"));
            Assert.That(pending.ExpiresAt, Is.EqualTo(server.Server.Clock.GetUtcNow() + TimeSpan.FromMinutes(10)));
            Assert.That(pending.ToString(), Does.Not.Contain(DeviceServer.DeviceCode));
            Assert.That(() => JsonSerializer.Serialize(pending), Throws.Exception);
        }
    }

    [TestCase(""" "verification_url":"https://as.example/enter","expires_in":"600" """, Description = "Google's name; a number as text")]
    [TestCase(""" "verification_uri":"https://as.example/enter" """, Description = "without expires_in: PendingAuthorizationLifetime")]
    public async Task Slips_of_form_are_accepted(string members)
    {
        await using DeviceServer server = new("""{"device_code":"dc","user_code":" WDJB ",""" + members + "}");

        var pending = await server.Device.BeginAsync();

        Assert.That(pending.VerificationUri.AbsoluteUri, Is.EqualTo("https://as.example/enter"));
        Assert.That(pending.UserCode, Is.EqualTo("WDJB"));
        Assert.That(pending.VerificationUriComplete, Is.Null);
        Assert.That(pending.ExpiresAt, Is.EqualTo(server.Server.Clock.GetUtcNow() + TimeSpan.FromMinutes(10)));
    }

    [TestCase("""{"user_code":"A","verification_uri":"https://as.example/"}""", "no device_code")]
    [TestCase("""{"device_code":"a","device_code":"b","user_code":"A","verification_uri":"https://as.example/"}""", "no device_code")]
    [TestCase("""{"device_code":"a","verification_uri":"https://as.example/"}""", "no user_code")]
    [TestCase("""{"device_code":"a","user_code":"A"}""", "no verification_uri")]
    [TestCase("""{"device_code":"a","user_code":"A\u001b[2J","verification_uri":"https://as.example/"}""", "user_code")]
    [TestCase("""{"device_code":"a","user_code":"A\u202eB","verification_uri":"https://as.example/"}""", "user_code")]
    public async Task Incomplete_or_unprintable_responses_are_refused(string response, string words)
    {
        await using DeviceServer server = new(response);

        Assert.That(Assert.ThrowsAsync<OAuthProtocolException>(() => server.Device.BeginAsync()).Message, Does.Contain(words));
    }

    [Test]
    public async Task Error_response_is_reported()
    {
        await using DeviceServer server = new("""{"error":"unauthorized_client"}""");

        var error = Assert.ThrowsAsync<EndpointException>(() => server.Device.BeginAsync());

        Assert.That(error.Message, Does.Contain("device authorization endpoint").And.Contain("unauthorized_client"));
    }

    [Test, Description("THREATS: an address that a terminal shows and a browser opens is checked in both members")]
    public async Task Hostile_addresses_are_refused(
        [Values(
            "file:///etc/passwd",
            "a:$(calc)",
            @"\\\\host\\share",
            "//host/share",
            "javascript:alert(1)",
            "http://as.example/enter",
            "https://as.example@evil.example/enter",
            "https://as.example/\\u001b[2J",
            "https://as.example/%1b[2J",
            "https://as.example/%E2%80%AEenter",
            "https://as.example/a b",
            "https://as.example/\\\"&calc",
            "enter",
            "https:///enter"
        )]
            string address,
        [Values] bool complete
    )
    {
        await using DeviceServer server = new(
            complete ? DeviceServer.Begun($",\"verification_uri_complete\":\"{address}\"") : DeviceServer.Begun(uri: address)
        );

        var error = Assert.ThrowsAsync<OAuthProtocolException>(() => server.Device.BeginAsync());

        Assert.That(error.Message, Does.Contain("must be an absolute https address"));
        Assert.That(error.Message.Any(char.IsControl), Is.False);
    }

    [TestCase("http://127.0.0.1:5000/enter")]
    [TestCase("http://localhost/enter")]
    [TestCase("http://[::1]/enter")]
    [TestCase("https://as.example/#/device")]
    public async Task Other_addresses_are_accepted(string address)
    {
        await using DeviceServer server = new(DeviceServer.Begun(uri: address));

        Assert.That((await server.Device.BeginAsync()).VerificationUri.OriginalString, Is.EqualTo(address));
    }
}
