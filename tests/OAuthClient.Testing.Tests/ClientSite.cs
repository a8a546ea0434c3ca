using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OAuthClient.Testing.Tests;

/// <summary>The web site of a client, which records the requests it receives.</summary>
internal sealed class ClientSite : IAsyncDisposable
{
    private readonly WebApplication _site;

    private ClientSite(WebApplication site) => _site = site;

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    /// <summary>The method, address and body of each received request.</summary>
    public ConcurrentQueue<(string Method, Uri Address, string Body)> Requests { get; } = new();

    public HttpStatusCode ResponseStatus { get; set; } = HttpStatusCode.OK;

    public static async Task<ClientSite> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        ClientSite site = new(builder.Build());
        site._site.Run(site.AnswerAsync);
        await site._site.StartAsync();
        site.Address = new Uri(
            site._site.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()
        );
        return site;
    }

    public async ValueTask DisposeAsync() => await _site.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        string body = await reader.ReadToEndAsync();
        Requests.Enqueue((context.Request.Method, new Uri(Address, context.Request.Path + context.Request.QueryString), body));
        context.Response.StatusCode = (int)ResponseStatus;
    }
}
