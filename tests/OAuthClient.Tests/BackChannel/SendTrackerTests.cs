using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Whether what is spent by being sent may have left, over real sockets; and that it does not leave against the sender's will.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class SendTrackerTests
{
    [Test]
    [Description("A refused connection: nothing left")]
    public async Task Nobody_there()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            Connect(builder, _ => throw new SocketException((int)SocketError.ConnectionRefused))
        );
        SendTracker tracker = new();
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<HttpRequestException>());
        Assert.That(tracker.MayHaveBeenSent, Is.False);
    }

    [Test]
    [Description("A server that speaks no TLS: the handshake fails, and nothing left")]
    public async Task Handshake_fails()
    {
        await using var host = await OAuthTestHost.StartAsync();
        SendTracker tracker = new();
        var https = new UriBuilder(host.Server.Issuer) { Scheme = "https", Path = "/token" }.Uri;
        Assert.That(() => SendAsync(host, tracker, https), Throws.TypeOf<HttpRequestException>());
        Assert.That(tracker.MayHaveBeenSent, Is.False);
    }

    [Test]
    [Description("A connection that never stands: the deadline passes, and nothing left")]
    public async Task Never_connected()
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
    [Description("Once the server has it, it has left, whatever comes back")]
    public async Task The_server_has_it(Fault fault)
    {
        await using var host = await OAuthTestHost.StartAsync();
        host.Server.Faults.Add(TestEndpoint.Token, fault);
        SendTracker tracker = new();
        Assert.That(() => SendAsync(host, tracker), Throws.Exception);
        Assert.That(tracker.MayHaveBeenSent);
        Assert.That(host.TokenRequests, Is.EqualTo(1));
    }

    [Test]
    [Description("A handler that plays the network and answers without having read the body")]
    public async Task An_answer_proves_it()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => new Unread(HttpStatusCode.BadRequest))
        );
        SendTracker tracker = new();
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<TokenEndpointException>());
        Assert.That(tracker.MayHaveBeenSent);
    }

    [Test]
    [Description("What a user's handler does with the body on the way does not hide when it leaves, nor makes it leave")]
    public async Task A_handler_that_reads_or_replaces_the_body([Values] Meddling how, [Values] bool connects)
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            builder.BackChannel.AddHttpMessageHandler(() => new Meddler(how));
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
    [Description("Forbidden at the last moment: connected, and not one byte of it left")]
    public async Task Forbidden([Values] bool meddled)
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            if (meddled)
                builder.BackChannel.AddHttpMessageHandler(() => new Meddler(Meddling.Buffers));
        });
        int asked = 0;
        SendTracker tracker = new() { CanSend = () => ++asked == 0 };
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<SendCancelledException>());
        Assert.That(asked, Is.EqualTo(1));
        Assert.That(tracker.MayHaveBeenSent, Is.False);
        Assert.That(host.TokenRequests, Is.Zero);
    }

    [Test]
    [Description("Forbidden, and a user's handler makes another exception of it: who forbade it knows it all the same")]
    public async Task Forbidden_and_disguised()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => new Disguising())
        );
        Assert.That(() => SendAsync(host, new() { CanSend = () => false }), Throws.TypeOf<SendCancelledException>());
    }

    [Test]
    [Description("Asked only when the connection stands")]
    public async Task Asked_last()
    {
        bool connected = false;
        bool? atQuestion = null;
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
        SendTracker tracker = new() { CanSend = () => (atQuestion = connected).Value };
        Assert.That(() => SendAsync(host, tracker), Throws.TypeOf<HttpRequestException>());
        Assert.That(connected);
        Assert.That(atQuestion, Is.Null);
    }

    private static async Task SendAsync(OAuthTestHost host, SendTracker tracker, Uri? endpoint = null)
    {
        await new TokenEndpointClient(host.BackChannelOf(), host.Clock, NullLogger.Instance).SendAsync(
            new RefreshTokenRequest(new("the-token"), scopes: null, granted: [], resources: []),
            host.RegistrationOf().Current,
            new AuthorizationServerMetadata { TokenEndpoint = endpoint ?? new(host.Server.Issuer, "/token") },
            tracker,
            CancellationToken.None
        );
    }

    private static void Connect(OAuthClientBuilder builder, Func<CancellationToken, ValueTask<Stream>> connect) =>
        builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() =>
            new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => connect(cancellationToken) }
        );

    public enum Meddling
    {
        Buffers,
        Reads,
        Copies,
        Replaces,
    }

    private sealed class Meddler(Meddling how) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is not { } content)
                return await base.SendAsync(request, cancellationToken);
            switch (how)
            {
                case Meddling.Buffers:
                    await content.LoadIntoBufferAsync(cancellationToken);
                    break;
                case Meddling.Reads:
                    await content.ReadAsStringAsync(cancellationToken);
                    break;
                case Meddling.Copies:
                    await content.CopyToAsync(Stream.Null, cancellationToken);
                    break;
                case Meddling.Replaces:
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

    private sealed class Disguising : DelegatingHandler
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

    private sealed class Unread(HttpStatusCode status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { RequestMessage = request });
    }
}
