using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>The complete body of a response. It replaces the content of the message, which is a stream of the network.</summary>
internal sealed class BufferedResponseContent : HttpContent
{
    private const int InitialLength = 4096;

    private readonly bool isDecoded;

    private BufferedResponseContent(ReadOnlyMemory<byte> body, HttpContentHeaders received, DateTimeOffset requestedAt, bool isDecoded)
    {
        Body = body;
        Received = received;
        RequestedAt = requestedAt;
        this.isDecoded = isDecoded;
    }

    /// <summary>Gets the body, decompressed.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>Gets the content headers of the response.</summary>
    public HttpContentHeaders Received { get; }

    /// <summary>Gets the time at which the attempt started.</summary>
    public DateTimeOffset RequestedAt { get; }

    /// <summary>Copies the received headers to this content, for a pipeline of the application that reads the message.</summary>
    public void ShowHeaders()
    {
        foreach (var header in Received.NonValidated)
        {
            // They describe the compressed body.
            if (!isDecoded || header.Key is not ("Content-Encoding" or "Content-Length"))
                Headers.TryAddWithoutValidation(header.Key, header.Value);
        }
    }

    /// <summary>Reads the body of a response. A limit of <see cref="HttpClient"/> has no deadline after the headers; this has.</summary>
    /// <param name="content">The content of the response.</param>
    /// <param name="requestedAt">The time at which the attempt started.</param>
    /// <param name="request">The request, which states the maximum length.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The complete body.</returns>
    /// <exception cref="HttpRequestException">The body is too long, cannot be decompressed, or is incomplete.</exception>
    public static async ValueTask<BufferedResponseContent> ReadAsync(
        HttpContent content,
        DateTimeOffset requestedAt,
        BackChannelRequest request,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            // A correct Content-Length avoids copies; a wrong one has no other effect.
            byte[] buffer = new byte[
                content.Headers.ContentLength is >= 0 and var contentLength && contentLength < request.MaximumResponseLength
                    ? (int)contentLength + 1
                    : InitialLength
            ];
            int length = 0;
            while (true)
            {
                int count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
                if (count == 0)
                    return Decode(buffer.AsMemory(0, length), content.Headers, requestedAt, request);
                length += count;
                if (length > request.MaximumResponseLength)
                    throw TooLong(request);
                if (length == buffer.Length)
                    Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException)
        {
            throw Incomplete(request, exception);
        }
    }

    private static BufferedResponseContent Decode(
        ReadOnlyMemory<byte> received,
        HttpContentHeaders headers,
        DateTimeOffset requestedAt,
        BackChannelRequest request
    )
    {
        if (!headers.NonValidated.Contains("Content-Encoding"))
            return new(received, headers, requestedAt, isDecoded: false);
        var body = ContentDecoder.Decode(received, headers.ContentEncoding, request.MaximumResponseLength) ?? throw TooLong(request);
        return new(body, headers, requestedAt, isDecoded: true);
    }

    private static HttpRequestException TooLong(BackChannelRequest request) =>
        new(
            HttpRequestError.ConfigurationLimitExceeded,
            $"The response of the {request.DisplayName} is longer than "
                + $"{request.MaximumResponseLength} bytes and was rejected. Check the address."
        );

    // The exception type that HttpClient throws when it reads the body itself.
    private static HttpRequestException Incomplete(BackChannelRequest request, Exception fault) =>
        new(
            (fault as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown,
            $"The response of the {request.DisplayName} is incomplete, or cannot be decompressed: {fault.Message}",
            fault
        );

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(Body).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = Body.Length;
        return true;
    }
}
