using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing.Tests;

/// <summary>Tests the faults that a test can add to an endpoint.</summary>
[TestFixture]
internal sealed class FaultTests
{
    [Test]
    public async Task Status_sends_headers_and_body_without_processing_the_request()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string code = await bed.CodeAsync();
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.Status(429, "slow down", "text/plain", [new("Retry-After", "7")]), times: 1);

        using HttpResponseMessage faulty = await bed.RedeemAsync(code);
        using HttpResponseMessage next = await bed.RedeemAsync(code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(faulty.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
            Assert.That(faulty.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(7)));
            Assert.That(await faulty.Content.ReadAsStringAsync(), Is.EqualTo("slow down"));
            Assert.That(next.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task Body_replaces_the_response()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.Body("not json"));

        using HttpResponseMessage response = await bed.GetAsync(bed.Server.JwksUri);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("not json"));
        }
    }

    [TestCase(307)]
    [TestCase(308)]
    [Description("RFC 9110 §15.4.8, §15.4.9: redirects that preserve the method and the body")]
    public async Task Redirect_sends_the_location(int status)
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.Redirect(new Uri("https://evil.example.com/token"), status));

        using HttpResponseMessage response = await bed.RedeemAsync("any");

        using (Assert.EnterMultipleScope())
        {
            Assert.That((int)response.StatusCode, Is.EqualTo(status));
            Assert.That(response.Headers.Location?.OriginalString, Is.EqualTo("https://evil.example.com/token"));
        }
    }

    [Test]
    public async Task Reset_before_processing_does_not_redeem_the_code()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string code = await bed.CodeAsync();
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.ResetBeforeWork(), times: 1);

        Assert.That(() => bed.RedeemAsync(code), Throws.InstanceOf<HttpRequestException>());
        using HttpResponseMessage again = await bed.RedeemAsync(code);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(
                bed.Server.RequestsTo(TestEndpoint.Token).Select(request => request.ResponseStatus),
                Is.EqualTo(new int?[] { null, 200 })
            );
        }
    }

    [Test, Description("RFC 9700 §4.14.2: a retry after a lost response is a reuse of the refresh token")]
    public async Task Reset_after_processing_redeems_the_refresh_token()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.ResetAfterWork(), times: 1);

        Assert.That(() => bed.RefreshAsync(token), Throws.InstanceOf<HttpRequestException>());

        Assert.That(await TestBed.ErrorAsync(await bed.RefreshAsync(token)), Is.EqualTo("invalid_grant"));
    }

    [Test]
    public async Task Truncated_body_is_incomplete()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Metadata, Fault.TruncatedBody());

        Assert.That(
            () => bed.GetAsync(new Uri(bed.Server.Issuer, "/.well-known/openid-configuration")),
            Throws.InstanceOf<HttpRequestException>()
        );
    }

    [Test]
    public async Task Wrong_content_type_keeps_the_body()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.WrongContentType());

        using HttpResponseMessage response = await bed.GetAsync(bed.Server.JwksUri);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("text/html"));
            Assert.That(() => JsonDocument.Parse(response.Content.ReadAsStream()), Throws.Nothing);
        }
    }

    [Test]
    public async Task Delay_uses_the_time_provider_of_the_server()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.Delay(TimeSpan.FromMinutes(10)));

        Task<HttpResponseMessage> pending = bed.GetAsync(bed.Server.JwksUri);
        await bed.Clock.WaitForTimerAsync();
        bool completedEarly = pending.IsCompleted;
        bed.Clock.Advance(TimeSpan.FromMinutes(10));
        using HttpResponseMessage response = await pending;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(completedEarly, Is.False);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [TestCase(false, HttpStatusCode.OK)]
    [TestCase(true, HttpStatusCode.BadRequest)]
    public async Task Client_that_disconnects_loses_the_token_only_if_the_request_was_processed(bool afterWork, HttpStatusCode expected)
    {
        await using TestBed bed = await TestBed.StartAsync();
        string token = (string)(await bed.TokensAsync())["refresh_token"]!;
        bed.Server.ClearRequests();
        bed.Server.Faults.Add(TestEndpoint.Token, Fault.Delay(TimeSpan.FromDays(1), afterWork), times: 1);
        using CancellationTokenSource cancellation = new();
        using HttpRequestMessage request = new(HttpMethod.Post, bed.Server.TokenEndpoint)
        {
            Content = new FormUrlEncodedContent([new("grant_type", "refresh_token"), new("refresh_token", token)]),
        };
        request.Headers.Authorization = TestBed.Basic("test-client", "test-secret");

        Task<HttpResponseMessage> pending = bed.Http.SendAsync(request, cancellation.Token);
        await bed.Clock.WaitForTimerAsync();
        await cancellation.CancelAsync();
        Assert.That(() => pending, Throws.InstanceOf<OperationCanceledException>());
        using HttpResponseMessage again = await bed.RefreshAsync(token);

        Assert.That(again.StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task Held_response_is_sent_when_the_task_completes()
    {
        await using TestBed bed = await TestBed.StartAsync();
        TaskCompletionSource release = new();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.HoldUntil(release.Task));

        Task<HttpResponseMessage> pending = bed.GetAsync(bed.Server.JwksUri);
        RecordedRequest arrived = await bed.Server.WaitForRequestAsync(TestEndpoint.Jwks);
        int? before = arrived.ResponseStatus;
        release.SetResult();
        using HttpResponseMessage response = await pending;

        using (Assert.EnterMultipleScope())
        {
            Assert.That(before, Is.Null);
            Assert.That(arrived.ResponseStatus, Is.EqualTo(200));
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        }
    }

    [Test]
    public async Task Slow_body_is_sent_byte_by_byte()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.SlowBody(TimeSpan.FromSeconds(1)));

        using HttpResponseMessage response = await bed.Http.GetAsync(bed.Server.JwksUri, HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[100];
        int first = await body.ReadAsync(buffer);
        await bed.Clock.WaitForTimerAsync();
        bed.Clock.Advance(TimeSpan.FromSeconds(1));
        int second = await body.ReadAsync(buffer);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(first, Is.EqualTo(1));
            Assert.That(second, Is.EqualTo(1));
            Assert.That(response.Content.Headers.ContentLength, Is.GreaterThan(100));
        }
    }

    [Test]
    public async Task Endless_body_is_sent_until_the_client_disconnects()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.UserInfo, Fault.EndlessBody());

        using HttpResponseMessage response = await bed.Http.GetAsync(bed.Server.UserInfoEndpoint, HttpCompletionOption.ResponseHeadersRead);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] megabytes = new byte[4 * 1024 * 1024];
        await body.ReadExactlyAsync(megabytes);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(megabytes[^1], Is.EqualTo((byte)'x'));
        }
    }

    [Test]
    public async Task Faults_apply_one_after_another()
    {
        await using TestBed bed = await TestBed.StartAsync();
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(503), times: 2);
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(500), times: 1);

        for (int i = 0; i < 4; i++)
            using (await bed.GetAsync(bed.Server.JwksUri)) { }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(bed.Server.Requests.Select(request => request.ResponseStatus), Is.EqualTo(new int?[] { 503, 503, 500, 200 }));
            Assert.That(bed.Server.Faults.Count, Is.Zero);
        }
    }

    [Test]
    public async Task Fault_can_apply_to_selected_requests()
    {
        await using TestBed bed = await TestBed.StartAsync();
        string code = await bed.CodeAsync();
        bed.Server.Faults.Add(
            TestEndpoint.Token,
            Fault.Status(503),
            times: 1,
            when: request => request.Form["grant_type"] is "refresh_token"
        );

        JsonObject tokens = await TestBed.JsonAsync(await bed.RedeemAsync(code), HttpStatusCode.OK);
        using HttpResponseMessage refresh = await bed.RefreshAsync((string)tokens["refresh_token"]!);

        Assert.That(refresh.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Fault_applies_until_it_is_removed_or_cleared()
    {
        await using TestBed bed = await TestBed.StartAsync();
        Fault first = bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(503));
        bed.Server.Faults.Add(TestEndpoint.Jwks, Fault.Status(500));

        using (await bed.GetAsync(bed.Server.JwksUri)) { }
        using (await bed.GetAsync(bed.Server.JwksUri)) { }
        bool removed = bed.Server.Faults.Remove(first);
        using (await bed.GetAsync(bed.Server.JwksUri)) { }
        bed.Server.Faults.Clear();
        using (await bed.GetAsync(bed.Server.JwksUri)) { }

        using (Assert.EnterMultipleScope())
        {
            Assert.That(removed, Is.True);
            Assert.That(bed.Server.Faults.Remove(first), Is.False);
            Assert.That(bed.Server.Requests.Select(request => request.ResponseStatus), Is.EqualTo(new int?[] { 503, 503, 500, 200 }));
        }
    }

    [Test]
    public void Invalid_status_codes_are_rejected()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Fault.Status(100), Throws.InstanceOf<ArgumentOutOfRangeException>());
            Assert.That(() => Fault.Redirect(new Uri("https://a.example"), 200), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }
}
