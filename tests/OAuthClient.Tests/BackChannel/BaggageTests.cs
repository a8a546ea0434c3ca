using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that the back channel sends the trace context but none of the caller's baggage to the authorization server.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class BaggageTests
{
    private const string Email = "alice@example.com";
    private static readonly AsyncLocal<string?> Ambient = new();

    public enum Primary
    {
        Default,
        HttpClientHandler,
        Wrapped,

        /// <summary>A handler that has sent a request and can no longer be changed.</summary>
        HasSent,
    }

    [Test]
    [Description("W3C Baggage §3.4: baggage of the current activity is sent to no endpoint of the authorization server")]
    public async Task Activity_baggage_is_not_sent([Values] Primary primary)
    {
        using Activity caller = new("request");
        caller.SetIdFormat(ActivityIdFormat.W3C).AddBaggage("user.email", Email).Start();
        using var handler = await CreateAsync(primary);
        await using var server = await CallEveryEndpointAsync(handler);
        AssertNoBaggage(server);
        string parent = server.RequestsTo(TestEndpoint.UserInfo).Single().Headers["traceparent"];
        Assert.That(parent, Does.Contain(caller.TraceId.ToHexString()), "the trace continues");
    }

    [Test]
    [Description("Baggage of hierarchical activities, which .NET sends as Correlation-Context, is not sent")]
    public async Task Correlation_context_is_not_sent([Values(Primary.Default, Primary.HttpClientHandler)] Primary primary)
    {
        using Activity caller = new("request");
        caller.SetIdFormat(ActivityIdFormat.Hierarchical).AddBaggage("user.email", Email).Start();
        using var handler = await CreateAsync(primary);
        await using var server = await CallEveryEndpointAsync(handler);
        AssertNoBaggage(server);
    }

    [Test]
    [Description("Baggage that OpenTelemetry keeps in the execution context and adds when the request starts is not sent")]
    public async Task Baggage_of_the_execution_context_is_not_sent()
    {
        using var instrumentation = Instrument();
        Ambient.Value = Email;
        await using var server = await CallEveryEndpointAsync(handler: null);
        AssertNoBaggage(server);
    }

    [Test]
    [Description("A custom propagator is limited to the headers of the trace context")]
    public async Task Headers_of_another_propagator_are_not_sent()
    {
        using Activity caller = new("request");
        caller.SetIdFormat(ActivityIdFormat.W3C).Start();
        using SocketsHttpHandler handler = new() { ActivityHeadersPropagator = new TenantPropagator() };
        await using var server = await CallEveryEndpointAsync(handler);
        AssertNoBaggage(server);
        Assert.That(server.RequestsTo(TestEndpoint.UserInfo).Single().Headers["traceparent"], Does.Contain(caller.TraceId.ToHexString()));
    }

    private static async Task<HttpMessageHandler?> CreateAsync(Primary primary)
    {
        switch (primary)
        {
            case Primary.HttpClientHandler:
                return new HttpClientHandler();
            case Primary.Wrapped:
                return new Wrapper(new SocketsHttpHandler());
            case Primary.HasSent:
                SocketsHttpHandler used = new() { AllowAutoRedirect = false, UseCookies = false };
                await using (var other = await TestAuthorizationServer.StartAsync())
                using (HttpMessageInvoker invoker = new(used, disposeHandler: false))
                using (HttpRequestMessage request = new(HttpMethod.Get, other.Issuer))
                    (await invoker.SendAsync(request, CancellationToken.None)).Dispose();
                return used;
            default:
                return null;
        }
    }

    /// <summary>
    /// Sends requests to metadata, registration, token, key set, UserInfo, introspection, revocation and WebFinger endpoints.
    /// </summary>
    private static async Task<TestAuthorizationServer> CallEveryEndpointAsync(HttpMessageHandler? handler)
    {
        ServiceCollection services = new();
        var server = await TestAuthorizationServer.StartAsync(o => o.AllowRegistration = true);
        var builder = services
            .AddOAuthClient(o =>
            {
                o.Issuer = server.Issuer;
                o.RedirectUri = new(OAuthTestHost.Callback);
                o.Scopes = ["openid", "offline_access", "photos.read"];
                o.DangerouslyAllowHttpOnLoopback = true;
            })
            .RegisterDynamically(o => o.GrantTypes = ["authorization_code", "refresh_token", "client_credentials"]);
        var webFinger = services.AddWebFinger(o => (o.DangerouslyAllowHttpOnLoopback, o.DangerouslyAllowPrivateAddresses) = (true, true));
        if (handler is not null)
        {
            builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => handler);
            webFinger.ConfigurePrimaryHttpMessageHandler(() => handler);
        }
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();

        await provider.GetRequiredService<WebFinger>().FindIssuerAsync($"acct:alice@{server.Issuer.Authority}");
        var pending = await client.BeginAuthorizationAsync();
        string? ambient = Ambient.Value;
        Ambient.Value = null;
        Task<Uri> browser;
        using (ExecutionContext.SuppressFlow())
            browser = Task.Run(() => server.SignInAsync(pending.AuthorizationUri));
        var callback = await browser;
        Ambient.Value = ambient;
        var grant = await client.CompleteAuthorizationAsync(pending, AuthorizationResponse.Parse(callback), GrantOwner.User("42"));
        await client.GetUserInfoAsync(GrantOwner.User("42"));
        await provider.GetRequiredService<TokenIntrospection>().IntrospectAsync(grant.AccessToken!.Reveal());
        await client.RequestTokenAsync(TokenRequest.ClientCredentials(["photos.read"]));
        await client.GetAccessTokenAsync(GrantOwner.Client, new() { Scopes = ["photos.read"] });
        await client.RevokeAsync(GrantOwner.User("42"));
        return server;
    }

    private static void AssertNoBaggage(TestAuthorizationServer server)
    {
        TestEndpoint[] all =
        [
            TestEndpoint.Metadata,
            TestEndpoint.Registration,
            TestEndpoint.Token,
            TestEndpoint.Jwks,
            TestEndpoint.UserInfo,
            TestEndpoint.Introspection,
            TestEndpoint.Revocation,
            TestEndpoint.WebFinger,
        ];
        Assert.Multiple(() =>
        {
            foreach (var endpoint in all)
            {
                Assert.That(server.RequestsTo(endpoint), Is.Not.Empty, endpoint.ToString());
                foreach (var request in server.RequestsTo(endpoint))
                {
                    string headers = string.Join('\n', request.Headers.Select(header => $"{header.Key}: {header.Value}"));
                    Assert.That(request.Headers.Keys, Has.None.EqualTo("baggage").IgnoreCase, $"{endpoint}\n{headers}");
                    Assert.That(request.Headers.Keys, Has.None.EqualTo("Correlation-Context").IgnoreCase, $"{endpoint}\n{headers}");
                    Assert.That(Uri.UnescapeDataString(headers), Does.Not.Contain(Email), endpoint.ToString());
                }
            }
        });
    }

    /// <summary>Adds a header from the ambient value below all handlers, as the OpenTelemetry instrumentation does.</summary>
    private static IDisposable Instrument() =>
        DiagnosticListener.AllListeners.Subscribe(
            new Observer<DiagnosticListener>(listener =>
            {
                if (listener.Name != "HttpHandlerDiagnosticListener")
                    return;
                listener.Subscribe(
                    new Observer<KeyValuePair<string, object?>>(diagnosticEvent =>
                    {
                        if (
                            diagnosticEvent.Key == "System.Net.Http.HttpRequestOut.Start"
                            && Ambient.Value is { } value
                            && diagnosticEvent.Value!.GetType().GetProperty("Request")!.GetValue(diagnosticEvent.Value)
                                is HttpRequestMessage request
                        )
                        {
                            request.Headers.TryAddWithoutValidation("baggage", "user.email=" + value);
                        }
                    })
                );
            })
        );

    private sealed class Wrapper(HttpMessageHandler inner) : DelegatingHandler(inner);

    private sealed class TenantPropagator : DistributedContextPropagator
    {
        private readonly DistributedContextPropagator inner = CreateDefaultPropagator();

        public override IReadOnlyCollection<string> Fields => [.. inner.Fields, "X-Tenant"];

        public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
        {
            inner.Inject(activity, carrier, setter);
            setter!(carrier, "X-Tenant", Email);
        }

        public override void ExtractTraceIdAndState(
            object? carrier,
            PropagatorGetterCallback? getter,
            out string? traceId,
            out string? traceState
        ) => inner.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);

        public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) =>
            inner.ExtractBaggage(carrier, getter);
    }

    private sealed class Observer<T>(Action<T> next) : IObserver<T>
    {
        public void OnCompleted() { }

        public void OnError(Exception error) { }

        public void OnNext(T value) => next(value);
    }
}
