using System.Globalization;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>Represents a way in which an endpoint misbehaves. Add it to an endpoint with <see cref="FaultList.Add"/>.</summary>
public sealed partial class Fault
{
    private readonly string _name;
    private readonly Func<FaultContext, Task> _apply;

    private Fault(string name, Func<FaultContext, Task> apply)
    {
        _name = name;
        _apply = apply;
    }

    /// <summary>Creates a fault that responds with a status code and does not process the request.</summary>
    /// <param name="statusCode">The status code, from 200 to 599.</param>
    /// <param name="body">The body of the response; <see langword="null"/> for an empty body.</param>
    /// <param name="contentType">The media type of the body.</param>
    /// <param name="headers">Additional response headers, such as <c>Retry-After</c>.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="statusCode"/> is less than 200 or greater than 599.</exception>
    public static Fault Status(
        int statusCode,
        string? body = null,
        string contentType = "application/json",
        IEnumerable<KeyValuePair<string, string>>? headers = null
    )
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(statusCode, 200);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(statusCode, 599);
        Reply reply = body is null ? new Reply(statusCode) : Reply.Text(statusCode, body, contentType);
        reply = reply with { Headers = [.. headers ?? []] };
        return new(string.Create(CultureInfo.InvariantCulture, $"status {statusCode}"), faultContext => faultContext.SendAsync(reply));
    }

    /// <summary>Creates a fault that responds with 200 and the specified body and does not process the request.</summary>
    /// <param name="body">The body of the response.</param>
    /// <param name="contentType">The media type of the body.</param>
    /// <returns>The fault.</returns>
    public static Fault Body(string body, string contentType = "application/json")
    {
        ArgumentNullException.ThrowIfNull(body);
        return new("body", faultContext => faultContext.SendAsync(Reply.Text(200, body, contentType)));
    }

    /// <summary>
    /// Creates a fault that redirects the request and does not process it. The status codes 307 and 308 instruct the client to repeat the
    /// request with its body, including credentials (RFC 9110 §15.4.8).
    /// </summary>
    /// <param name="location">The target of the redirect.</param>
    /// <param name="statusCode">The status code: 301, 302, 303, 307 or 308.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="statusCode"/> is not one of the listed values.</exception>
    public static Fault Redirect(Uri location, int statusCode = 307)
    {
        ArgumentNullException.ThrowIfNull(location);
        if (statusCode is not (301 or 302 or 303 or 307 or 308))
            throw new ArgumentOutOfRangeException(nameof(statusCode), statusCode, "The status code must be 301, 302, 303, 307 or 308.");
        return new("redirect", faultContext => faultContext.SendAsync(Reply.Redirect(statusCode, location.OriginalString)));
    }

    /// <summary>Creates a fault that processes the request and delays the response.</summary>
    /// <param name="delay">The delay, measured by <see cref="TestAuthorizationServerOptions.TimeProvider"/>.</param>
    /// <param name="afterWork">
    /// <see langword="true"/> to process the request before the delay, so that a client that times out loses, for example, a rotated
    /// refresh token. <see langword="false"/> to process it after the delay, and only if the client is still connected.
    /// </param>
    /// <returns>The fault.</returns>
    public static Fault Delay(TimeSpan delay, bool afterWork = false) =>
        Delayed("delay", faultContext => Task.Delay(delay, faultContext.Clock, faultContext.RequestAborted), afterWork);

    /// <summary>Creates a fault that processes the request and holds the response until a task completes.</summary>
    /// <param name="release">The task; the response is sent when it has completed in any state.</param>
    /// <param name="afterWork">
    /// <see langword="true"/> to process the request before the wait; <see langword="false"/> to process it after the wait.
    /// </param>
    /// <returns>The fault.</returns>
    public static Fault HoldUntil(Task release, bool afterWork = false)
    {
        ArgumentNullException.ThrowIfNull(release);
        return Delayed(
            "hold",
            faultContext => Task.WhenAny(release, Task.Delay(Timeout.InfiniteTimeSpan, faultContext.Clock, faultContext.RequestAborted)),
            afterWork
        );
    }

    /// <summary>
    /// Creates a fault that resets the connection and does not process the request. No code or refresh token is redeemed.
    /// </summary>
    /// <returns>The fault.</returns>
    public static Fault ResetBeforeWork() =>
        new(
            "reset before work",
            faultContext =>
            {
                faultContext.Reset();
                return Task.CompletedTask;
            }
        );

    /// <summary>
    /// Creates a fault that processes the request and resets the connection without a response. A rotated refresh token is lost.
    /// </summary>
    /// <returns>The fault.</returns>
    public static Fault ResetAfterWork() =>
        new(
            "reset after work",
            async faultContext =>
            {
                await faultContext.ExecuteAsync();
                faultContext.Reset();
            }
        );

    /// <summary>
    /// Creates a fault that processes the request, sends the full <c>Content-Length</c> but only half of the body, and resets the
    /// connection.
    /// </summary>
    /// <returns>The fault.</returns>
    public static Fault TruncatedBody() =>
        new(
            "truncated body",
            async faultContext =>
            {
                Reply reply = await faultContext.ExecuteAsync();
                faultContext.Start(reply, reply.Body.Length);
                await faultContext.WriteAsync(reply.Body[..(reply.Body.Length / 2)]);
                faultContext.Reset();
            }
        );

    /// <summary>Creates a fault that processes the request and sends the response with a different media type.</summary>
    /// <param name="contentType">The media type to send.</param>
    /// <returns>The fault.</returns>
    public static Fault WrongContentType(string contentType = "text/html")
    {
        ArgumentException.ThrowIfNullOrEmpty(contentType);
        return new(
            "wrong content type",
            async faultContext => await faultContext.SendAsync(await faultContext.ExecuteAsync() with { ContentType = contentType })
        );
    }

    /// <summary>
    /// Creates a fault that processes a token request and changes the form of the response. An error response is not changed.
    /// </summary>
    /// <param name="deviation">The deviation.</param>
    /// <returns>The fault.</returns>
    public static Fault DeviatingTokenResponse(TokenResponseDeviation deviation) =>
        new(
            "deviating token response",
            async faultContext =>
                await faultContext.SendAsync(
                    TokenResponseDeviations.Apply(deviation, await faultContext.ExecuteAsync(), faultContext.Clock.GetUtcNow())
                )
        );

    /// <summary>Creates a fault that processes the request and sends the body byte by byte.</summary>
    /// <param name="betweenBytes">The delay after each byte, measured by <see cref="TestAuthorizationServerOptions.TimeProvider"/>.</param>
    /// <returns>The fault.</returns>
    public static Fault SlowBody(TimeSpan betweenBytes) =>
        new(
            "slow body",
            async faultContext =>
            {
                Reply reply = await faultContext.ExecuteAsync();
                faultContext.Start(reply, reply.Body.Length);
                for (int sent = 0; sent < reply.Body.Length; sent++)
                {
                    await faultContext.WriteAsync(reply.Body.Slice(sent, 1));
                    await Task.Delay(betweenBytes, faultContext.Clock, faultContext.RequestAborted);
                }
            }
        );

    /// <summary>
    /// Creates a fault that responds with 200 and an unlimited JSON body until the client disconnects. It does not process the request.
    /// </summary>
    /// <returns>The fault.</returns>
    public static Fault EndlessBody() =>
        new(
            "endless body",
            async faultContext =>
            {
                faultContext.Start(new Reply(200, "application/json"));
                await faultContext.WriteAsync("{\"padding\":\""u8.ToArray());
                byte[] padding = Encoding.ASCII.GetBytes(new string('x', 16 * 1024));
                while (true)
                    await faultContext.WriteAsync(padding);
            }
        );

    /// <summary>
    /// Creates a fault that processes the request and compresses the body, although the client did not ask for it (RFC 9110 §8.4).
    /// </summary>
    /// <param name="coding">The content coding: <c>gzip</c>, <c>deflate</c> or <c>br</c>.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentException"><paramref name="coding"/> is another coding.</exception>
    public static Fault Compressed(string coding = "gzip") =>
        Coded(
            "compressed",
            coding,
            async faultContext =>
            {
                Reply reply = await faultContext.ExecuteAsync();
                return reply with { Body = Compression.Compress(coding, reply.Body) };
            }
        );

    /// <summary>
    /// Creates a fault that responds with 200 and a small compressed body that is very long when it is decompressed. It does not process
    /// the request.
    /// </summary>
    /// <param name="coding">The content coding: <c>gzip</c>, <c>deflate</c> or <c>br</c>.</param>
    /// <param name="length">The length of the decompressed body in bytes. The default is 256 mebibytes.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentException"><paramref name="coding"/> is another coding.</exception>
    public static Fault CompressionBomb(string coding = "gzip", long length = 256 * 1024 * 1024) =>
        Coded("compression bomb", coding, _ => Task.FromResult(new Reply(200, "application/json", Compression.Bomb(coding, length))));

    /// <summary>
    /// Creates a fault that processes the request and changes the text of the body, for example to repeat a member of a JSON object.
    /// </summary>
    /// <param name="rewrite">Returns the body to send for the body of the endpoint.</param>
    /// <returns>The fault.</returns>
    public static Fault RewrittenBody(Func<string, string> rewrite)
    {
        ArgumentNullException.ThrowIfNull(rewrite);
        return new(
            "rewritten body",
            async faultContext =>
            {
                Reply reply = await faultContext.ExecuteAsync();
                byte[] body = Encoding.UTF8.GetBytes(rewrite(Encoding.UTF8.GetString(reply.Body.Span)));
                await faultContext.SendAsync(reply with { Body = body });
            }
        );
    }

    /// <inheritdoc/>
    public override string ToString() => _name;

    internal Task ApplyAsync(FaultContext faultContext) => _apply(faultContext);

    private static Fault Coded(string name, string coding, Func<FaultContext, Task<Reply>> compress)
    {
        if (!Compression.Codings.Contains(coding))
            throw new ArgumentException($"The coding must be one of {string.Join(", ", Compression.Codings)}.", nameof(coding));
        return new(
            name,
            async faultContext => await faultContext.SendAsync((await compress(faultContext)).With("Content-Encoding", coding))
        );
    }

    private static Fault Delayed(string name, Func<FaultContext, Task> wait, bool afterWork) =>
        new(
            name,
            async faultContext =>
            {
                Reply? reply = afterWork ? await faultContext.ExecuteAsync() : null;
                await wait(faultContext);
                faultContext.RequestAborted.ThrowIfCancellationRequested();
                await faultContext.SendAsync(reply ?? await faultContext.ExecuteAsync());
            }
        );
}
