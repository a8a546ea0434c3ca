using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace OAuthClient.Testing;

/// <summary>
/// Kestrel on a free port of 127.0.0.1 that records every request, applies faults and hands the rest to one function.
/// It is built without a generic host, which would take the process's Ctrl+C for itself and cost most of the start.
/// </summary>
internal sealed class LoopbackHost : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private const int LongestBody = 1024 * 1024;

    private readonly KestrelServer _kestrel;
    private readonly WebApplication? _services;
    private readonly Func<TimeProvider> _clock;
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;
    private Func<string, TestEndpoint> _classify = _ => TestEndpoint.Other;
    private Func<RecordedRequest, CancellationToken, Task<Reply>> _answer = (_, _) => Task.FromResult(Reply.NotFound());

    private LoopbackHost(Func<TimeProvider> clock, X509Certificate2? certificate, bool withClientCertificates)
    {
        _clock = clock;
        KestrelServerOptions options = new() { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = LongestBody;
        if (certificate is null)
        {
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else
        {
            _services = TlsServices();
            options.ApplicationServices = _services.Services;
            ListenWithTls(options, certificate, ClientCertificateMode.NoCertificate);
            if (withClientCertificates)
                ListenWithTls(options, certificate, ClientCertificateMode.RequireCertificate);
        }

        _kestrel = new KestrelServer(
            Options.Create(options),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance
        );
    }

    public RequestLog Log { get; } = new();

    public FaultList Faults { get; } = new();

    /// <summary>Scheme, host and port, without a slash at the end.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>The same of the port that demands a client certificate; null where there is none.</summary>
    public string? AuthorityForCertificates { get; private set; }

    /// <param name="clock">By which requests are dated and faults delayed.</param>
    /// <param name="certificate">The server's certificate; null for http.</param>
    /// <param name="withClientCertificates">Whether there is a second port, with the same endpoints, that demands a client certificate.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    public static async Task<LoopbackHost> StartAsync(
        Func<TimeProvider> clock,
        X509Certificate2? certificate,
        bool withClientCertificates,
        CancellationToken cancellationToken
    )
    {
        LoopbackHost host = new(clock, certificate, withClientCertificates);
        await host._kestrel.StartAsync(host, cancellationToken);
        string[] authorities =
        [
            .. host
                ._kestrel.Features.GetRequiredFeature<IServerAddressesFeature>()
                .Addresses.Select(address =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{(certificate is null ? "http" : "https")}://127.0.0.1:{new Uri(address).Port}"
                    )
                ),
        ];
        (host.Authority, host.AuthorityForCertificates) = (authorities[0], authorities.ElementAtOrDefault(1));
        return host;
    }

    /// <summary>Says what is served; only now does anybody learn the port, so no request can have come earlier.</summary>
    public void Serve(Func<string, TestEndpoint> classify, Func<RecordedRequest, CancellationToken, Task<Reply>> answer)
    {
        _classify = classify;
        _answer = answer;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception) { }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            RecordedRequest request = await ReadAsync(context, gone.Token);
            Log.Add(request);
            FaultContext faultContext = new(context, request, _answer, _clock(), gone.Token);
            await AnswerAsync(faultContext, request, context);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException problem)
        {
            context.Response.StatusCode = problem.StatusCode;
        }
        catch (Exception) when (gone.IsCancellationRequested || context.Response.HasStarted)
        {
            context.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) is 1)
            return;
        await _stopping.CancelAsync();
        // An answer under way is not waited for: a test that ends wants its port closed now.
        await _kestrel.StopAsync(new CancellationToken(canceled: true));
        _kestrel.Dispose();
        if (_services is not null)
            await _services.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task AnswerAsync(FaultContext faultContext, RecordedRequest request, HttpContext context)
    {
        try
        {
            await (
                Faults.Take(request) is { } fault ? fault.ApplyAsync(faultContext) : faultContext.SendAsync(await faultContext.WorkAsync())
            );
        }
        catch (Exception problem) when (!faultContext.Gone.IsCancellationRequested && !context.Response.HasStarted)
        {
            // What a hook or a predicate of the test threw is worth more in the test's output than a bare 500.
            await faultContext.SendAsync(Reply.Text(StatusCodes.Status500InternalServerError, problem.ToString()));
        }
    }

    private async Task<RecordedRequest> ReadAsync(HttpContext context, CancellationToken cancellationToken)
    {
        DateTimeOffset receivedAt = _clock().GetUtcNow();
        using MemoryStream body = new();
        await context.Request.Body.CopyToAsync(body, cancellationToken);
        string path = context.Request.Path.Value ?? "/";
        return new RecordedRequest(
            _classify(path),
            context.Request.Method,
            path,
            context.Request.QueryString.Value ?? "",
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            Encoding.UTF8.GetString(body.GetBuffer().AsSpan(0, (int)body.Length)),
            receivedAt,
            // A copy, for Kestrel's own goes with the connection.
            context.Connection.ClientCertificate
                is { } certificate
                ? X509CertificateLoader.LoadCertificate(certificate.RawData)
                : null
        );
    }

    // Kestrel's TLS asks for services that only its own set-up knows: an application that is built and never started.
    private static WebApplication TlsServices()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        return builder.Build();
    }

    private static void ListenWithTls(KestrelServerOptions options, X509Certificate2 certificate, ClientCertificateMode mode) =>
        options.Listen(
            IPAddress.Loopback,
            0,
            listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                // Whose certificate it is decides the client's registration, not TLS.
                listen.UseHttps(
                    new HttpsConnectionAdapterOptions
                    {
                        ServerCertificate = certificate,
                        ClientCertificateMode = mode,
                        ClientCertificateValidation = (_, _, _) => true,
                    }
                );
            }
        );
}
