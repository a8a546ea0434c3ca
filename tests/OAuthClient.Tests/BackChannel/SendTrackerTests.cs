using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OAuthClient.Testing;
using OAuthClient.Tests.DPoP;

namespace OAuthClient.Tests;

/// <summary>
/// Tests over real sockets that the tracker knows whether a single-use request may have been sent and can prevent the send.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SendTrackerTests
{
    [Test]
    [Description("A refused connection means that nothing was sent")]
    public async Task A_refused_connection_sends_nothing()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            Connect(builder, _ => throw new SocketException((int)SocketError.ConnectionRefused))
        );
        SendTracker tracker = new();
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<HttpRequestException>());
        Assert.That(tracker.MayHaveBeenSent, Is.False);
    }

    [Test]
    [Description("A failed TLS handshake means that nothing was sent")]
    public async Task A_failed_handshake_sends_nothing()
    {
        await using var host = await OAuthTestHost.StartAsync();
        SendTracker tracker = new();
        var https = new UriBuilder(host.Server.Issuer) { Scheme = "https", Path = "/token" }.Uri;
        Assert.That(() => SendAsync(host, tracker, https), Throws.TypeOf<HttpRequestException>());
        Assert.That(tracker.MayHaveBeenSent, Is.False);
    }

    [Test]
    [Description("A connection that is not established before the deadline means that nothing was sent")]
    public async Task An_unestablished_connection_sends_nothing()
    {
        TaskCompletionSource connecting = new();
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            Connect(
                builder,
                async cancellationToken =>
                {
                    connecting.SetResult();
                    await Eventually.Never.WaitAsync(cancellationToken);
                    return Stream.Null;
                }
            )
        );
        SendTracker tracker = new();
        var sending = SendAsync(host, tracker);
        await connecting.Task.Promptly();
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.That(async () => await sending.Promptly(), Throws.TypeOf<TaskCanceledException>());
        Assert.That(tracker.MayHaveBeenSent, Is.False);
    }

    private static IEnumerable<TestCaseData> Received()
    {
        yield return Case("reset before work", Fault.ResetBeforeWork());
        yield return Case("reset after work", Fault.ResetAfterWork());
        yield return Case("truncated", Fault.TruncatedBody());
        yield return Case("500", Fault.Status(500));
        yield return Case("400", Fault.Status(400));
        yield return Case("200", Fault.Status(200));

        static TestCaseData Case(string name, Fault fault) => new TestCaseData(fault).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Received))]
    [Description("A request that the server received was sent, whatever the response")]
    public async Task A_received_request_was_sent(Fault fault)
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, fault);
        SendTracker tracker = new();
        Assert.That(() => SendAsync(host, tracker), Throws.Exception);
        Assert.That(tracker.MayHaveBeenSent);
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A response means that the request was sent, even if a primary handler has not read the body")]
    public async Task A_response_means_that_the_request_was_sent()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => new NonReadingHandler(HttpStatusCode.BadRequest))
        );
        SendTracker tracker = new();
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<TokenEndpointException>());
        Assert.That(tracker.MayHaveBeenSent);
    }

    [Test]
    [Description("A custom handler that reads or replaces the body does not change the result")]
    public async Task A_handler_that_reads_or_replaces_the_body_does_not_change_the_result(
        [Values] BodyAccess access,
        [Values] bool connects
    )
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            builder.BackChannel.AddHttpMessageHandler(() => new BodyAccessHandler(access));
            if (!connects)
                Connect(builder, _ => throw new SocketException((int)SocketError.ConnectionRefused));
        });
        host.Server.Faults.Add(TestEndpoint.Token, Fault.ResetAfterWork());
        SendTracker tracker = new();
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<HttpRequestException>());
        Assert.That(tracker.MayHaveBeenSent, Is.EqualTo(connects));
        Assert.That(host.TokenRequests, Is.EqualTo(connects ? 1 : 0));
        if (connects)
            Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["refresh_token"], Is.EqualTo("the-token"));
    }

    [Test]
    [Description("A send that is cancelled after connecting sends no byte of the body")]
    public async Task A_cancelled_send_sends_nothing([Values] bool buffered)
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            if (buffered)
                builder.BackChannel.AddHttpMessageHandler(() => new BodyAccessHandler(BodyAccess.Buffers));
        });
        int calls = 0;
        SendTracker tracker = new() { CanSend = () => ++calls == 0 };
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<SendCancelledException>());
        Assert.That(calls, Is.EqualTo(1));
        Assert.That(tracker.MayHaveBeenSent, Is.False);
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("A cancelled send is reported even if a custom handler replaces the exception")]
    public async Task A_cancelled_send_is_reported_despite_another_exception()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => new ExceptionReplacingHandler())
        );
        Assert.That(() => SendAsync(host, new() { CanSend = () => false }), Throws.TypeOf<SendCancelledException>());
    }

    [Test]
    [Description("CanSend is called only after the connection is established")]
    public async Task CanSend_is_called_after_connecting()
    {
        bool connected = false;
        bool? connectedAtCall = null;
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            Connect(
                builder,
                _ =>
                {
                    connected = true;
                    throw new SocketException((int)SocketError.ConnectionRefused);
                }
            )
        );
        SendTracker tracker = new() { CanSend = () => (connectedAtCall = connected).Value };
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<HttpRequestException>());
        Assert.That(connected);
        Assert.That(connectedAtCall, Is.Null);
    }

    private static async Task SendAsync(OAuthTestHost host, SendTracker tracker, Uri? endpoint = null)
    {
        var backChannel = host.BackChannelOf();
        ServerMetadataCache metadata = new(backChannel, host.Clock);
        await new TokenEndpointClient(
            metadata,
            new EndpointClient(backChannel, SampleProofs.Create()),
            SampleProofs.Keys(),
            host.Clock,
            NullLogger.Instance
        ).SendAsync(
            new RefreshTokenRequest(new("the-token"), scopes: null, granted: [], resources: []),
            host.RegistrationOf().Current,
            new AuthorizationServerMetadata().With(ServerEndpoint.Token, endpoint ?? new(host.Server.Issuer, "/token")),
            tracker,
            CancellationToken.None
        );
    }

    private static void Connect(OAuthClientBuilder builder, Func<CancellationToken, ValueTask<Stream>> connect) =>
        builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
            new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => connect(cancellationToken) }
        );

    public enum BodyAccess
    {
        Buffers,
        Reads,
        Copies,
        Replaces,
    }

    private sealed class BodyAccessHandler(BodyAccess access) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is not { } content)
                return await base.SendAsync(request, cancellationToken);
            switch (access)
            {
                case BodyAccess.Buffers:
                    await content.LoadIntoBufferAsync(cancellationToken);
                    break;
                case BodyAccess.Reads:
                    await content.ReadAsStringAsync(cancellationToken);
                    break;
                case BodyAccess.Copies:
                    await content.CopyToAsync(Stream.Null, cancellationToken);
                    break;
                case BodyAccess.Replaces:
                    request.Content = new StringContent(
                        await content.ReadAsStringAsync(cancellationToken),
                        null,
                        "application/x-www-form-urlencoded"
                    );
                    break;
            }
            return await base.SendAsync(request, cancellationToken);
        }
    }

    private sealed class ExceptionReplacingHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                return await base.SendAsync(request, cancellationToken);
            }
            catch (Exception exception)
            {
                throw new HttpRequestException("something else", exception);
            }
        }
    }

    private sealed class NonReadingHandler(HttpStatusCode status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { RequestMessage = request });
    }
}
