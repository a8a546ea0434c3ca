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
/// Hosts Kestrel on a free port of 127.0.0.1, records every request and applies faults. It does not use a generic host, which would handle
/// Ctrl+C for the process and start more slowly.
/// </summary>
internal sealed class LoopbackHost : IHttpApplication<HttpContext>, IAsyncDisposable
{
    private const int MaximumBodyLength = 1024 * 1024;

    private readonly KestrelServer _kestrel;
    private readonly WebApplication? _services;
    private readonly Func<TimeProvider> _clock;
    private readonly CancellationTokenSource _stopping = new();
    private int _disposed;
    private Func<string, TestEndpoint> _classify = _ => TestEndpoint.Other;
    private Func<RecordedRequest, CancellationToken, Task<Reply>> _answer = (_, _) => Task.FromResult(Reply.NotFound());

    private LoopbackHost(Func<TimeProvider> clock, X509Certificate2? certificate, IEnumerable<ClientCertificateMode> ports)
    {
        _clock = clock;
        KestrelServerOptions options = new() { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = MaximumBodyLength;
        if (certificate is null)
        {
            options.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else
        {
            _services = TlsServices();
            options.ApplicationServices = _services.Services;
            foreach (ClientCertificateMode mode in ports)
                ListenWithTls(options, certificate, mode);
        }

        _kestrel = new KestrelServer(
            Options.Create(options),
            new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance
        );
    }

    public RequestLog Log { get; } = new();

    public FaultList Faults { get; } = new();

    /// <summary>The scheme, host and port without a trailing slash.</summary>
    public string Authority { get; private set; } = "";

    /// <summary>The scheme, host and port of the second listener; null if there is none.</summary>
    public string? AuthorityForCertificates { get; private set; }

    /// <summary>Starts the host.</summary>
    /// <param name="clock">Returns the clock for request times and delays.</param>
    /// <param name="certificate">The server certificate; null for HTTP.</param>
    /// <param name="ports">The handling of client certificates of each port with TLS. Each port has the same endpoints.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    public static async Task<LoopbackHost> StartAsync(
        Func<TimeProvider> clock,
        X509Certificate2? certificate,
        IEnumerable<ClientCertificateMode> ports,
        CancellationToken cancellationToken
    )
    {
        LoopbackHost host = new(clock, certificate, ports);
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

    /// <summary>Sets the request handler. The caller calls it before it publishes the port, so that no request arrives earlier.</summary>
    public void Serve(Func<string, TestEndpoint> classify, Func<RecordedRequest, CancellationToken, Task<Reply>> answer)
    {
        _classify = classify;
        _answer = answer;
    }

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception) { }

    public async Task ProcessRequestAsync(HttpContext context)
    {
        using CancellationTokenSource requestAborted = CancellationTokenSource.CreateLinkedTokenSource(
            context.RequestAborted,
            _stopping.Token
        );
        try
        {
            RecordedRequest request = await ReadAsync(context, requestAborted.Token);
            Log.Add(request);
            FaultContext faultContext = new(context, request, _answer, _clock(), requestAborted.Token);
            await AnswerAsync(faultContext, request, context);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException exception)
        {
            context.Response.StatusCode = exception.StatusCode;
        }
        catch (Exception) when (requestAborted.IsCancellationRequested || context.Response.HasStarted)
        {
            context.Abort();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) is 1)
            return;
        await _stopping.CancelAsync();
        // Pending responses are aborted, so that the port closes immediately.
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
                Faults.Take(request) is { } fault
                    ? fault.ApplyAsync(faultContext)
                    : faultContext.SendAsync(await faultContext.ExecuteAsync())
            );
        }
        catch (Exception exception) when (!faultContext.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            // Shows the exception of a delegate or predicate of the test in the response.
            await faultContext.SendAsync(Reply.Text(StatusCodes.Status500InternalServerError, exception.ToString()));
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
            Address(context),
            context.Request.QueryString.Value ?? "",
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            Encoding.UTF8.GetString(body.GetBuffer().AsSpan(0, (int)body.Length)),
            receivedAt,
            // A copy, because Kestrel disposes of the certificate with the connection.
            context.Connection.ClientCertificate
                is { } certificate
                ? X509CertificateLoader.LoadCertificate(certificate.RawData)
                : null
        );
    }

    private Uri Address(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        string path = target.StartsWith('/') ? target.Split('?')[0] : context.Request.Path.ToUriComponent();
        string host = context.Request.Host.Host is "localhost" ? "localhost" : "127.0.0.1";
        string scheme = _services is null ? "http" : "https";
        return new Uri(string.Create(CultureInfo.InvariantCulture, $"{scheme}://{host}:{context.Connection.LocalPort}{path}"));
    }

    // Kestrel's TLS requires services that only its own configuration registers. This application is built and never started.
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
                // The client authentication validates the certificate, not TLS.
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
