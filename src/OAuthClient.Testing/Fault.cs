using System.Globalization;
using System.Text;

namespace OAuthClient.Testing;

/// <summary>One way in which an endpoint misbehaves; put on it by <see cref="FaultList.Add"/>.</summary>
public sealed class Fault
{
    private readonly string _name;
    private readonly Func<FaultContext, Task> _apply;

    private Fault(string name, Func<FaultContext, Task> apply)
    {
        _name = name;
        _apply = apply;
    }

    /// <summary>Answers a status code without doing the endpoint's work.</summary>
    /// <param name="statusCode">The status code, 200 to 599.</param>
    /// <param name="body">The body; empty when <see langword="null"/>.</param>
    /// <param name="contentType">The body's media type.</param>
    /// <param name="headers">Further headers, such as <c>Retry-After</c>.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The status code is none that can end an exchange.</exception>
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

    /// <summary>Answers 200 with another body, without doing the endpoint's work.</summary>
    /// <param name="body">The body.</param>
    /// <param name="contentType">Its media type.</param>
    /// <returns>The fault.</returns>
    public static Fault Body(string body, string contentType = "application/json")
    {
        ArgumentNullException.ThrowIfNull(body);
        return new("body", faultContext => faultContext.SendAsync(Reply.Text(200, body, contentType)));
    }

    /// <summary>Redirects elsewhere without doing the endpoint's work. 307 and 308 ask the client to send the whole request, secrets included, again (RFC 9110 §15.4.8).</summary>
    /// <param name="location">Where to.</param>
    /// <param name="statusCode">301, 302, 303, 307 or 308.</param>
    /// <returns>The fault.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The status code is not a redirect's.</exception>
    public static Fault Redirect(Uri location, int statusCode = 307)
    {
        ArgumentNullException.ThrowIfNull(location);
        if (statusCode is not (301 or 302 or 303 or 307 or 308))
            throw new ArgumentOutOfRangeException(nameof(statusCode), statusCode, "A redirect is 301, 302, 303, 307 or 308.");
        return new("redirect", faultContext => faultContext.SendAsync(Reply.Redirect(statusCode, location.OriginalString)));
    }

    /// <summary>Does the work and answers well, but late.</summary>
    /// <param name="delay">How late, on the server's <see cref="TestAuthorizationServerOptions.TimeProvider"/>.</param>
    /// <param name="afterWork">
    /// <see langword="false"/>: waits, then works, and not at all when the client has hung up by then.
    /// <see langword="true"/>: works at once and keeps the answer back, so that a client that gives up has, for instance, lost a rotated refresh token.
    /// </param>
    /// <returns>The fault.</returns>
    public static Fault Delay(TimeSpan delay, bool afterWork = false) =>
        Late("delay", faultContext => Task.Delay(delay, faultContext.Clock, faultContext.Gone), afterWork);

    /// <summary>Like <see cref="Delay"/>, but until the test says so: no clock, no guessing.</summary>
    /// <param name="release">The answer goes out when this task has ended, however it ended.</param>
    /// <param name="afterWork">Whether the endpoint's work is done before the wait.</param>
    /// <returns>The fault.</returns>
    public static Fault HoldUntil(Task release, bool afterWork = false)
    {
        ArgumentNullException.ThrowIfNull(release);
        return Late(
            "hold",
            faultContext => Task.WhenAny(release, Task.Delay(Timeout.InfiniteTimeSpan, faultContext.Clock, faultContext.Gone)),
            afterWork
        );
    }

    /// <summary>Resets the connection before the endpoint's work is done: nothing was spent, nothing rotated.</summary>
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

    /// <summary>Does the endpoint's work, then resets the connection instead of answering: the refresh token is rotated and nobody knows the new one.</summary>
    /// <returns>The fault.</returns>
    public static Fault ResetAfterWork() =>
        new(
            "reset after work",
            async faultContext =>
            {
                await faultContext.WorkAsync();
                faultContext.Reset();
            }
        );

    /// <summary>Does the work, announces the whole length, sends half of the body and resets the connection.</summary>
    /// <returns>The fault.</returns>
    public static Fault TruncatedBody() =>
        new(
            "truncated body",
            async faultContext =>
            {
                Reply reply = await faultContext.WorkAsync();
                faultContext.Start(reply, reply.Body.Length);
                await faultContext.WriteAsync(reply.Body[..(reply.Body.Length / 2)]);
                faultContext.Reset();
            }
        );

    /// <summary>Does the work and answers well, but calls the answer by another media type.</summary>
    /// <param name="contentType">The media type that is claimed.</param>
    /// <returns>The fault.</returns>
    public static Fault WrongContentType(string contentType = "text/html")
    {
        ArgumentException.ThrowIfNullOrEmpty(contentType);
        return new(
            "wrong content type",
            async faultContext => await faultContext.SendAsync(await faultContext.WorkAsync() with { ContentType = contentType })
        );
    }

    /// <summary>Does the work and sends the body byte by byte.</summary>
    /// <param name="betweenBytes">The pause after every byte, on the server's <see cref="TestAuthorizationServerOptions.TimeProvider"/>.</param>
    /// <returns>The fault.</returns>
    public static Fault SlowBody(TimeSpan betweenBytes) =>
        new(
            "slow body",
            async faultContext =>
            {
                Reply reply = await faultContext.WorkAsync();
                faultContext.Start(reply, reply.Body.Length);
                for (int sent = 0; sent < reply.Body.Length; sent++)
                {
                    await faultContext.WriteAsync(reply.Body.Slice(sent, 1));
                    await Task.Delay(betweenBytes, faultContext.Clock, faultContext.Gone);
                }
            }
        );

    /// <summary>Answers 200 with a JSON body that never ends, without doing the endpoint's work; it stops when the client hangs up.</summary>
    /// <returns>The fault.</returns>
    public static Fault EndlessBody() =>
        new(
            "endless body",
            async faultContext =>
            {
                faultContext.Start(new Reply(200, "application/json"));
                await faultContext.WriteAsync("{\"padding\":\""u8.ToArray());
                byte[] piece = Encoding.ASCII.GetBytes(new string('x', 16 * 1024));
                while (true)
                    await faultContext.WriteAsync(piece);
            }
        );

    /// <inheritdoc/>
    public override string ToString() => _name;

    internal Task ApplyAsync(FaultContext faultContext) => _apply(faultContext);

    private static Fault Late(string name, Func<FaultContext, Task> wait, bool afterWork) =>
        new(
            name,
            async faultContext =>
            {
                Reply? done = afterWork ? await faultContext.WorkAsync() : null;
                await wait(faultContext);
                faultContext.Gone.ThrowIfCancellationRequested();
                await faultContext.SendAsync(done ?? await faultContext.WorkAsync());
            }
        );
}
