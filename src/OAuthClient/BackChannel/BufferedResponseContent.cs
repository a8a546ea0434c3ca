using System.Net;
using System.Net.Http.Headers;

namespace OAuthClient;

/// <summary>The complete body of a response. It replaces the content of the message, which is a stream of the network.</summary>
internal sealed class BufferedResponseContent : ByteArrayContent
{
    private BufferedResponseContent(byte[] body, HttpContentHeaders received, DateTimeOffset requestedAt)
        : base(body)
    {
        (Body, RequestedAt) = (body, requestedAt);
        foreach (var header in received.NonValidated)
            Headers.TryAddWithoutValidation(header.Key, header.Value);
    }

    public byte[] Body { get; }

    /// <summary>Gets the time at which the attempt started.</summary>
    public DateTimeOffset RequestedAt { get; }

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
            await content.LoadIntoBufferAsync(request.MaximumResponseLength, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new HttpRequestException(
                HttpRequestError.ConfigurationLimitExceeded,
                $"The response of the {request.DisplayName} is longer than "
                    + $"{request.MaximumResponseLength} bytes and was rejected. Check the address."
            );
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or InvalidDataException)
        {
            throw new HttpRequestException(
                // The exception of the network is the inner one.
                (exception as HttpRequestException)?.HttpRequestError ?? HttpRequestError.Unknown,
                $"The response of the {request.DisplayName} is incomplete.",
                exception.InnerException ?? exception
            );
        }
        return new(await content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false), content.Headers, requestedAt);
    }
}
