using System.Net;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the server itself: isolation, recorded requests, delegates and disposal.</summary>
[TestFixture]
internal sealed class ServerTests
{
    [Test, Description("Each server has its own port, tokens and recorded requests")]
    public async Task Several_servers_run_concurrently_and_are_isolated()
    {
        TestBed[] beds = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => TestBed.StartAsync()));
        try
        {
            JsonObject[] tokens = await Task.WhenAll(beds.Select(bed => bed.TokensAsync()));

            using (Assert.EnterMultipleScope())
            {
                Assert.That(beds.Select(bed => bed.Server.Issuer.Port), Is.Unique);
                Assert.That(await beds[1].UserInfoStatusAsync((string)tokens[0]["access_token"]!), Is.EqualTo(HttpStatusCode.Unauthorized));
                Assert.That(await beds[0].UserInfoStatusAsync((string)tokens[0]["access_token"]!), Is.EqualTo(HttpStatusCode.OK));
                Assert.That(beds[2].Server.RequestsTo(TestEndpoint.Token), Has.Count.EqualTo(1));
            }
        }
        finally
        {
            await Task.WhenAll(beds.Select(bed => bed.DisposeAsync().AsTask()));
        }
    }

    [Test]
    public async Task Default_client_can_use_client_credentials()
    {
        await using TestAuthorizationServer server = await TestAuthorizationServer.StartAsync();
        using HttpClient http = new();
        using FormUrlEncodedContent form = new([
            new("grant_type", "client_credentials"),
            new("client_id", "test-client"),
            new("client_secret", "test-secret"),
        ]);

        using HttpResponseMessage response = await http.PostAsync(server.TokenEndpoint, form);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task Recorded_request_contains_everything_that_was_sent()
    {
        await using TestBed bed = await TestBed.StartAsync();

        using HttpResponseMessage response = await bed.PostAsync(
            new Uri(bed.Server.TokenEndpoint + "?x=1%202"),
            TestBed.Basic("test-client", "test-secret"),
            ("grant_type", "client_credentials"),
            ("resource", "https://one.example"),
            ("resource", "https://two.example")
        );
        RecordedRequest request = bed.Server.Requests.Single();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(request.Endpoint, Is.EqualTo(TestEndpoint.Token));
            Assert.That(request.Method, Is.EqualTo("POST"));
            Assert.That(request.Path, Is.EqualTo("/token"));
            Assert.That(request.QueryString, Is.EqualTo("?x=1%202"));
            Assert.That(request.Query["x"], Is.EqualTo("1 2"));
            Assert.That(request.QueryValues("x"), Is.EqualTo(["1 2"]));
            Assert.That(request.Headers["authorization"], Does.StartWith("Basic "));
            Assert.That(request.Form["grant_type"], Is.EqualTo("client_credentials"));
            Assert.That(request.FormValues("resource"), Is.EqualTo(["https://one.example", "https://two.example"]));
            Assert.That(request.Body, Does.StartWith("grant_type=client_credentials&resource="));
            Assert.That(request.ReceivedAt, Is.EqualTo(bed.Clock.GetUtcNow()));
            Assert.That(request.ResponseStatus, Is.EqualTo(200));
            Assert.That(request.ToString(), Is.EqualTo("POST /token (Token) 200"), "the text contains no secret");
        }
    }

    [Test]
    public async Task Requests_are_recorded_in_order_and_can_be_cleared()
    {
        await using TestBed bed = await TestBed.StartAsync();
        await bed.TokensAsync();
        IReadOnlyList<RecordedRequest> snapshot = bed.Server.Requests;

        bed.Server.ClearRequests();
        using (await bed.GetAsync(new Uri(bed.Server.Issuer, "/unknown"))) { }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(
                snapshot.Select(request => request.Endpoint),
                Is.EqualTo(
                    new[] { TestEndpoint.Authorization, TestEndpoint.Login, TestEndpoint.Consent, TestEndpoint.Consent, TestEndpoint.Token }
                )
            );
            Assert.That(bed.Server.Requests.Single().Endpoint, Is.EqualTo(TestEndpoint.Other));
            Assert.That(bed.Server.RequestsTo(TestEndpoint.Token), Is.Empty);
        }
    }

    [Test]
    public async Task Test_can_wait_for_a_request()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Task<RecordedRequest> second = bed.Server.WaitForRequestAsync(TestEndpoint.Jwks, 2);
        using (await bed.GetAsync(bed.Server.JwksUri)) { }
        bool completedEarly = second.IsCompleted;
        using (await bed.GetAsync(bed.Server.JwksUri)) { }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(completedEarly, Is.False);
            Assert.That(await second, Is.SameAs(bed.Server.Requests[1]));
        }
    }

    [Test]
    public async Task Wait_for_a_request_can_be_canceled()
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () => bed.Server.WaitForRequestAsync(TestEndpoint.Jwks, 1, new CancellationToken(canceled: true)),
            Throws.InstanceOf<OperationCanceledException>()
        );
    }

    [Test, Description("RFC 6749 §3.1, RFC 9207 §2: the delegate can remove and repeat parameters")]
    public async Task Delegate_can_change_the_authorization_response()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Options.OnAuthorizationResponse = parameters =>
        {
            parameters.Remove(parameters.Single(pair => pair.Key is "state"));
            parameters.Add(new("iss", "https://evil.example.com"));
        };

        Uri callback = await bed.SignInAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(callback.Query, Does.Not.Contain("state="));
            Assert.That(callback.Query.Split('&').Count(pair => pair.StartsWith("iss=", StringComparison.Ordinal)), Is.EqualTo(2));
        }
    }

    [Test]
    public async Task Delegate_can_change_the_token_response()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
            options.OnTokenResponse = response =>
            {
                response["token_type"] = "mac";
                response.Remove("expires_in");
            }
        );

        JsonObject tokens = await bed.TokensAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((string?)tokens["token_type"], Is.EqualTo("mac"));
            Assert.That(tokens.ContainsKey("expires_in"), Is.False);
        }
    }

    [Test, Description("The response has status 500 and contains the message of the exception")]
    public async Task Exception_of_a_delegate_is_shown_in_the_response()
    {
        await using TestBed bed = await TestBed.StartAsync(options =>
            options.OnMetadata = _ => throw new InvalidOperationException("the delegate failed")
        );

        using HttpResponseMessage response = await bed.GetAsync(new Uri(bed.Server.Issuer, "/.well-known/openid-configuration"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.InternalServerError));
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("the delegate failed"));
            Assert.That(bed.Server.Requests.Single().ResponseStatus, Is.EqualTo(500));
        }
    }

    [TestCase("relative/path", null, null)]
    [TestCase("http://127.0.0.1/callback#part", null, null)]
    [TestCase("http://127.0.0.1/callback", null, "client_secret_basic")]
    [TestCase("http://127.0.0.1/callback", "s", "none")]
    [TestCase("http://127.0.0.1/callback", "s", "private_key_jwt")]
    [Description("RFC 6749 §3.1.2: a redirect URI is absolute and has no fragment; the authentication method matches the secret")]
    public async Task Client_with_contradictory_properties_is_rejected(string redirectUri, string? secret, string? method)
    {
        await using TestBed bed = await TestBed.StartAsync();

        Assert.That(
            () =>
                bed.Server.AddClient(
                    new TestClient
                    {
                        ClientId = "c",
                        ClientSecret = secret,
                        AuthenticationMethod = method,
                        RedirectUris = { redirectUri },
                    }
                ),
            Throws.ArgumentException
        );
    }

    [Test]
    public async Task Added_client_replaces_the_client_with_the_same_identifier()
    {
        await using TestBed bed = await TestBed.StartAsync();

        bed.Server.AddClient(new TestClient { ClientId = "test-client", ClientSecret = "another" });
        using HttpResponseMessage response = await bed.PostAsync(bed.Server.TokenEndpoint, ("grant_type", "client_credentials"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
    }

    [Test, Description("DisposeAsync aborts a held response and can be called twice")]
    public async Task Disposed_server_aborts_pending_requests()
    {
        TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.HoldUntil(new TaskCompletionSource().Task));
        Task<HttpResponseMessage> held = bed.GetAsync(bed.Server.JwksUri);
        await bed.Server.WaitForRequestAsync(TestEndpoint.Jwks);

        await bed.Server.DisposeAsync();
        await bed.Server.DisposeAsync();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => held, Throws.InstanceOf<HttpRequestException>());
            Assert.That(() => bed.GetAsync(bed.Server.JwksUri), Throws.InstanceOf<HttpRequestException>());
        }

        bed.Http.Dispose();
    }
}
