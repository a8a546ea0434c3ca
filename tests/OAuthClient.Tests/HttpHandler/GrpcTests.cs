using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OAuthClient.Tests.DPoP;

namespace OAuthClient.Tests;

/// <summary>Tests gRPC clients of the client factory, against a gRPC server over a real HTTP/2 connection.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GrpcTests
{
    [Test]
    [Description("RFC 6750 §2.1: unary calls and streams carry the token")]
    public async Task Calls_carry_the_token()
    {
        await using var api = await StartAsync();
        await using ScriptedServer server = new(registerFirst: services => AddClient(services, api));
        server.Answers(ScriptedServer.Tokens("the-token"));
        var client = server.Services.GetRequiredService<Health.HealthClient>();

        using var call = client.CheckAsync(new());
        await call;
        Assert.That(call.GetTrailers().GetValue("protocol"), Is.EqualTo("HTTP/2"));
        using var stream = client.Watch(new());
        Assert.That(await stream.ResponseStream.MoveNext(default));

        Assert.That(api.Services.GetRequiredService<Recorder>().Tokens, Is.EqualTo(new[] { "Bearer the-token", "Bearer the-token" }));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    [Description("RFC 9449 §7.1: each call with a token that is bound to a key has a proof for the address of its method")]
    public async Task Calls_prove_the_key_of_the_token()
    {
        await using var api = await StartAsync();
        await using ScriptedServer server = new(o => o.DPoP.Enabled = true, registerFirst: services => AddClient(services, api));
        server.Answers(SampleProofs.BoundTokens("the-token"));
        var client = server.Services.GetRequiredService<Health.HealthClient>();

        await client.CheckAsync(new());
        using var stream = client.Watch(new());
        Assert.That(await stream.ResponseStream.MoveNext(default));

        var recorder = api.Services.GetRequiredService<Recorder>();
        Assert.That(recorder.Tokens, Is.EqualTo(new[] { "DPoP the-token", "DPoP the-token" }));
        string address = api.Urls.Single() + "/grpc.health.v1.Health/";
        Assert.That(
            recorder.Proofs.Select(proof => SampleProofs.Claims(proof).GetProperty("htu").GetString()),
            Is.EqualTo(new[] { address + "Check", address + "Watch" })
        );
        Assert.That(SampleProofs.Claims(recorder.Proofs[0]).GetProperty("htm").GetString(), Is.EqualTo("POST"));
    }

    [Test]
    [Description("Without a token the call fails with the reason, and nothing is sent")]
    public async Task A_call_without_a_token_is_not_sent()
    {
        await using var api = await StartAsync();
        await using ScriptedServer server = new(registerFirst: services => AddClient(services, api));
        server.Answers("""{"error":"unauthorized_client"}""", 400);
        var client = server.Services.GetRequiredService<Health.HealthClient>();

        Assert.That(async () => await client.CheckAsync(new()), Throws.TypeOf<RpcException>().With.Message.Contains("unauthorized_client"));
        Assert.That(api.Services.GetRequiredService<Recorder>().Tokens, Is.Empty);
    }

    [Test]
    [Description(
        "RFC 6750 §3.1: the content of a gRPC call is not held in memory, so a rejected call is not sent again; the next one carries a new "
            + "token"
    )]
    public async Task A_rejected_call_is_followed_by_one_with_a_new_token()
    {
        await using var api = await StartAsync();
        await using ScriptedServer server = new(registerFirst: services => AddClient(services, api));
        int issued = 0;
        server.Answers(_ => ScriptedServer.Json(200, ScriptedServer.Tokens("token-" + ++issued)));
        var client = server.Services.GetRequiredService<Health.HealthClient>();
        var recorder = api.Services.GetRequiredService<Recorder>();
        recorder.Rejected = "Bearer token-1";

        Assert.That(
            async () => await client.CheckAsync(new()),
            Throws.TypeOf<RpcException>().With.Property("StatusCode").EqualTo(StatusCode.Unauthenticated)
        );
        Assert.That(issued, Is.EqualTo(2));
        Assert.That(recorder.Tokens, Is.Empty);
        await client.CheckAsync(new());
        Assert.That(recorder.Tokens, Is.EqualTo(new[] { "Bearer token-2" }));
    }

    private static void AddClient(IServiceCollection services, WebApplication api) =>
        services
            .AddGrpcClient<Health.HealthClient>(o => o.Address = new(api.Urls.Single()))
            .AddAccessTokenHandler("", t => t.ForClient().To(api.Urls.Single()));

    private static async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigureEndpointDefaults(o => o.Protocols = HttpProtocols.Http2));
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<Recorder>();
        var app = builder.Build();
        app.Use(
            (context, next) =>
            {
                app.Services.GetRequiredService<Recorder>().Proofs.Add(context.Request.Headers["DPoP"]);
                if (context.Request.Headers.Authorization != app.Services.GetRequiredService<Recorder>().Rejected)
                    return next(context);
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                context.Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
                return Task.CompletedTask;
            }
        );
        app.MapGrpcService<HealthService>();
        await app.StartAsync();
        return app;
    }

    public sealed class Recorder
    {
        private readonly List<string?> tokens = [];

        /// <summary>Gets or sets the Authorization header that is rejected before the service.</summary>
        public string? Rejected { get; set; } = "none";

        /// <summary>Gets the proofs of possession, if only one call is made at a time.</summary>
        public List<string?> Proofs { get; } = [];

        public IReadOnlyList<string?> Tokens
        {
            get
            {
                lock (tokens)
                    return [.. tokens];
            }
        }

        public void Add(string? token)
        {
            lock (tokens)
                tokens.Add(token);
        }
    }

    public sealed class HealthService(Recorder recorder) : Health.HealthBase
    {
        public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
        {
            recorder.Add(context.RequestHeaders.GetValue("authorization"));
            context.ResponseTrailers.Add("protocol", context.GetHttpContext().Request.Protocol);
            return Task.FromResult(new HealthCheckResponse());
        }

        public override async Task Watch(
            HealthCheckRequest request,
            IServerStreamWriter<HealthCheckResponse> responseStream,
            ServerCallContext context
        )
        {
            recorder.Add(context.RequestHeaders.GetValue("authorization"));
            await responseStream.WriteAsync(new());
        }
    }
}
