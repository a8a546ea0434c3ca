using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>An authorization server over TLS at two addresses. Only the alias requests a client certificate.</summary>
internal sealed class MutualTlsServer : IAsyncDisposable
{
    private readonly X509Certificate2 certificate = SelfSigned("CN=127.0.0.1");
    private readonly ConcurrentQueue<ReceivedRequest> received = new();
    private readonly WebApplication app;

    private MutualTlsServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder
            .WebHost.UseKestrelCore()
            .UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel =>
            {
                kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
                kestrel.Listen(
                    IPAddress.Loopback,
                    0,
                    listen =>
                        listen.UseHttps(https =>
                        {
                            https.ServerCertificate = certificate;
                            https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                            https.ClientCertificateValidation = (_, _, _) => true;
                        })
                );
            });
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    public Uri Issuer { get; private set; } = null!;
    public Uri Alias { get; private set; } = null!;

    /// <summary>Gets the received requests except those for the metadata.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => [.. received];

    /// <summary>Gets or sets the function that changes the metadata.</summary>
    public Action<JsonObject> Metadata { get; set; } = _ => { };

    public static async Task<MutualTlsServer> StartAsync()
    {
        MutualTlsServer server = new();
        await server.app.StartAsync();
        var addresses = server.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        (server.Issuer, server.Alias) = (new(addresses[0]), new(addresses[1]));
        return server;
    }

    public static X509Certificate2 SelfSigned(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new(name, key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    /// <summary>Creates a handler that trusts only this server.</summary>
    public SocketsHttpHandler Network() =>
        new()
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, presented, _, _) =>
                    presented?.GetCertHashString() == certificate.GetCertHashString(),
            },
        };

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        certificate.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (path.Contains("/.well-known/", StringComparison.Ordinal))
        {
            JsonObject metadata = new()
            {
                ["issuer"] = Issuer.OriginalString,
                ["token_endpoint"] = new Uri(Issuer, "token").AbsoluteUri,
                ["introspection_endpoint"] = new Uri(Issuer, "introspect").AbsoluteUri,
                ["token_endpoint_auth_methods_supported"] = new JsonArray("self_signed_tls_client_auth"),
                ["mtls_endpoint_aliases"] = new JsonObject { ["token_endpoint"] = new Uri(Alias, "token").AbsoluteUri },
            };
            Metadata(metadata);
            await context.Response.WriteAsync(metadata.ToJsonString());
            return;
        }
        using StreamReader body = new(context.Request.Body);
        received.Enqueue(
            new(
                context.Connection.LocalPort == Alias.Port,
                path,
                await body.ReadToEndAsync(),
                context.Connection.ClientCertificate?.Thumbprint,
                context.Request.Headers.Authorization.ToString()
            )
        );
        bool isKnown = context.Connection.ClientCertificate is not null;
        context.Response.StatusCode = isKnown ? 200 : 401;
        await context.Response.WriteAsync(
            isKnown ? """{"access_token":"at","token_type":"Bearer","active":true}""" : """{"error":"invalid_client"}"""
        );
    }

    internal sealed record ReceivedRequest(bool IsAtAlias, string Path, string Body, string? Thumbprint, string Authorization);
}
