using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Tests;

/// <summary>Tests WebSockets that are opened through the handler (RFC 6455 §4.1), and APIs with plain http.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class WebSocketTests
{
    [TestCase("http")]
    [TestCase("ws")]
    [Description("RFC 6455 §4.1: a WebSocket of a stated origin carries the token, over a real socket")]
    public async Task A_WebSocket_carries_the_token(string scheme)
    {
        await using var api = await EchoAsync();
        var origin = new Uri(api.Urls.Single());
        await using ScriptedServer server = new(registerFirst: services =>
            services.AddHttpClient("api").AddAccessTokenHandler("", t => t.ForClient().To($"{scheme}://{origin.Authority}"))
        );
        server.Answers(ScriptedServer.Tokens("the-token"));
        using HttpMessageInvoker invoker = new(
            server.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("api"),
            disposeHandler: false
        );
        using ClientWebSocket socket = new();

        await socket.ConnectAsync(new($"ws://{origin.Authority}/socket"), invoker, default).Promptly();

        byte[] buffer = new byte[256];
        var received = await socket.ReceiveAsync(buffer, default).Promptly();
        Assert.That(Encoding.UTF8.GetString(buffer, 0, received.Count), Is.EqualTo("Bearer the-token"));
    }

    [TestCase(HttpTransportType.WebSockets)]
    [TestCase(HttpTransportType.ServerSentEvents)]
    [TestCase(HttpTransportType.LongPolling)]
    [Description("The requests of a SignalR connection, and the WebSocket that it opens, carry the token")]
    public async Task A_SignalR_connection_carries_the_token(HttpTransportType transport)
    {
        await using var api = await HubAsync();
        string origin = api.Urls.Single();
        await using ScriptedServer server = new(registerFirst: services =>
            services.AddHttpClient("api").AddAccessTokenHandler("", t => t.ForClient().To(origin))
        );
        server.Answers(ScriptedServer.Tokens("the-token"));
        var handlers = server.Services.GetRequiredService<IHttpMessageHandlerFactory>();
        await using var connection = new HubConnectionBuilder()
            .WithUrl(
                $"{origin}/hub",
                transport,
                o =>
                {
                    o.HttpMessageHandlerFactory = _ => handlers.CreateHandler("api");
                    o.WebSocketFactory = async (context, cancellationToken) =>
                    {
                        using HttpMessageInvoker invoker = new(handlers.CreateHandler("api"), disposeHandler: false);
                        ClientWebSocket socket = new();
                        await socket.ConnectAsync(context.Uri, invoker, cancellationToken);
                        return socket;
                    };
                }
            )
            .Build();

        await connection.StartAsync().Promptly();

        Assert.That(await connection.InvokeAsync<string>(nameof(TokenHub.GetToken)).Promptly(), Is.EqualTo("Bearer the-token"));
    }

    [TestCase("https://api.example", "wss://api.example/socket", true)]
    [TestCase("https://api.example", "wss://api.example:444/socket", false)]
    [TestCase("https://api.example", "wss://other.example/socket", false)]
    [TestCase("https://api.example", "wss://user@api.example/socket", false)]
    [TestCase("https://api.example", "ws://api.example/socket", false)]
    [TestCase("https://api.example", "ws://api.example:443/socket", false)]
    [TestCase("wss://api.example", "https://api.example/", true)]
    [TestCase("http://127.0.0.1:5000", "ws://127.0.0.1:5000/socket", true)]
    [TestCase("http://127.0.0.1:5000", "wss://127.0.0.1:5000/socket", false)]
    [Description("Threat: a token that is sent to another origin. wss belongs to https, and ws to http, of the same host and port")]
    public async Task Only_a_WebSocket_of_the_origin_is_opened(string origin, string address, bool isOpened)
    {
        TokenEchoApi api = new();
        await using ScriptedServer server = new(registerFirst: services =>
            services
                .AddHttpClient("api")
                .ConfigurePrimaryHttpMessageHandler(() => api)
                .AddAccessTokenHandler("", t => t.ForClient().To(origin))
        );
        server.Answers(ScriptedServer.Tokens("the-token"));
        using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");
        using HttpMessageInvoker invoker = new(
            server.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("api"),
            disposeHandler: false
        );
        using HttpRequestMessage request = new(HttpMethod.Get, address);

        async Task SendAsync()
        {
            using var response = await invoker.SendAsync(request, default);
        }

        Assert.That(SendAsync, isOpened ? Throws.Nothing : Throws.TypeOf<OAuthException>());
        Assert.That(api.Sent, Is.EqualTo(isOpened ? 1 : 0));
    }

    [Test]
    [Description("An API with plain http in a trusted network is called by an option, which logs one warning")]
    public async Task Plain_http_is_an_option()
    {
        TokenEchoApi api = new();
        await using ScriptedServer server = new(registerFirst: services =>
            services
                .AddHttpClient("api", http => http.BaseAddress = new("http://orders:8080"))
                .ConfigurePrimaryHttpMessageHandler(() => api)
                .AddAccessTokenHandler("", t => t.ForClient().DangerouslyToHttp("http://orders:8080"))
        );
        server.Answers(ScriptedServer.Tokens("the-token"));
        using var http = server.Services.GetRequiredService<IHttpClientFactory>().CreateClient("api");

        Assert.That(await http.GetStringAsync("/x"), Is.EqualTo("the-token"));
        Assert.That(async () => await http.GetStringAsync("http://other:8080/x"), Throws.TypeOf<OAuthException>());
        Assert.That(server.Log.Events(DangerousOptionsTests.Event).Single(), Has.Property("Level").EqualTo(LogLevel.Warning));
    }

    private static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder;
    }

    private static async Task<WebApplication> HubAsync()
    {
        var builder = CreateBuilder();
        builder.Services.AddSignalR();
        var app = builder.Build();
        app.MapHub<TokenHub>("/hub");
        await app.StartAsync();
        return app;
    }

    private static async Task<WebApplication> EchoAsync()
    {
        var app = CreateBuilder().Build();
        app.UseWebSockets();
        app.Run(async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            byte[] header = Encoding.UTF8.GetBytes(context.Request.Headers.Authorization.ToString());
            await socket.SendAsync(header, WebSocketMessageType.Text, endOfMessage: true, context.RequestAborted);
        });
        await app.StartAsync();
        return app;
    }

    public sealed class TokenHub : Hub
    {
        public string GetToken() => Context.GetHttpContext()!.Request.Headers.Authorization.ToString();
    }
}
