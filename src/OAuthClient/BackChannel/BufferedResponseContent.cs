using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>An answer's body, read to its end and bounded; stands in the message where the network's stream stood.</summary>
internal sealed class BufferedResponseContent : HttpContent
{
    private const int FirstGuess = 4096;

    private BufferedResponseContent(ReadOnlyMemory<byte> body, HttpContentHeaders received, DateTimeOffset askedAt)
    {
        Body = body;
        Received = received;
        RequestedAt = askedAt;
    }

    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>The headers that came with it.</summary>
    public HttpContentHeaders Received { get; }

    /// <summary>When the attempt began that brought it.</summary>
    public DateTimeOffset RequestedAt { get; }

    /// <summary>For those who look at the message and not at this: a pipeline of the application's.</summary>
    public void ShowHeaders()
    {
        foreach (var header in Received.NonValidated)
            Headers.TryAddWithoutValidation(header.Key, header.Value);
    }

    /// <param name="content">The body.</param>
    /// <param name="askedAt">When the attempt began that brought it.</param>
    /// <param name="request">What it answers, and how long it may be.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="HttpRequestException">It is longer than it may be, cannot be decompressed, or broke off.</exception>
    // HttpClient's own limit counts what it buffers and has no deadline once the headers are in; this has both.
    public static async ValueTask<BufferedResponseContent> ReadAsync(
        HttpContent content,
        DateTimeOffset askedAt,
        BackChannelRequest request,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            // A stated length is the server's word only, but it spares a copy where it holds.
            byte[] read = new byte[
                content.Headers.ContentLength is >= 0 and var stated && stated < request.MaximumResponseLength
                    ? (int)stated + 1
                    : FirstGuess
            ];
            int length = 0;
            while (true)
            {
                int more = await stream.ReadAsync(read.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (more == 0)
                    return new(read.AsMemory(0, length), content.Headers, askedAt);
                length += more;
                if (length > request.MaximumResponseLength)
                    throw TooLong(request);
                if (length == read.Length)
                    Array.Resize(ref read, read.Length * 2);
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw BrokenOff(request, exception);
        }
    }

    private static HttpRequestException TooLong(BackChannelRequest request) =>
        new(
            HttpRequestError.ConfigurationLimitExceeded,
            $"The {request.EndpointName} ({ServerTextSanitizer.WithoutQuery(request.Endpoint)}) answered with more than {request.MaximumResponseLength} bytes; reading stopped there."
        );

    // What HttpClient would make of it, had it read the body: one type for every fault of the network.
    private static HttpRequestException BrokenOff(BackChannelRequest request, Exception fault) =>
        new(
            (fault as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown,
            $"The answer of the {request.EndpointName} ({ServerTextSanitizer.WithoutQuery(request.Endpoint)}) broke off.",
            fault
        );

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(Body).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = Body.Length;
        return true;
    }
}
