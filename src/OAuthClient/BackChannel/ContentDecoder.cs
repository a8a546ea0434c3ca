using System.IO.Compression;

namespace OAuthClient;

/// <summary>
/// Decompresses response bodies (RFC 9110 §8.4). The client does not request compression, but some servers and proxies compress anyway. The
/// limit of the body applies to each step, so that a small body cannot become a large one.
/// </summary>
internal static class ContentDecoder
{
    private const int MaximumCodings = 3;

    private static ReadOnlySpan<byte> GzipSignature => [0x1F, 0x8B];

    /// <summary>Decompresses a body.</summary>
    /// <param name="body">The body as it was received.</param>
    /// <param name="codings">The values of <c>Content-Encoding</c>, in the order in which they were applied.</param>
    /// <param name="maximumLength">The maximum length.</param>
    /// <returns>
    /// The body; <paramref name="body"/> itself if it is not compressed, and <see langword="null"/> if it is longer than the maximum.
    /// </returns>
    /// <exception cref="InvalidDataException">The body cannot be decompressed, or the coding is not supported.</exception>
    public static ReadOnlyMemory<byte>? Decode(ReadOnlyMemory<byte> body, ICollection<string> codings, int maximumLength)
    {
        if (codings.Count > MaximumCodings)
            throw new InvalidDataException($"The body has more than {MaximumCodings} content codings.");
        foreach (string coding in codings.Reverse())
        {
            if (body.IsEmpty)
                break;
            if (DecodeOnce(body, coding.ToLowerInvariant(), maximumLength) is not { } decoded)
                return null;
            body = decoded;
        }
        return body;
    }

    private static ReadOnlyMemory<byte>? DecodeOnce(ReadOnlyMemory<byte> body, string coding, int maximumLength) =>
        coding switch
        {
            "identity" => body,
            // Some servers state the coding and send the plain body; neither JSON nor a JWT begins like gzip.
            "gzip" or "x-gzip" when !body.Span.StartsWith(GzipSignature) => body,
            "gzip" or "x-gzip" => Inflate(body, maximumLength, source => new GZipStream(source, CompressionMode.Decompress)),
            // Some servers send the raw format in place of the zlib format (RFC 9110 §8.4.1.2).
            "deflate" when IsZlib(body.Span) => Inflate(body, maximumLength, source => new ZLibStream(source, CompressionMode.Decompress)),
            "deflate" => Inflate(body, maximumLength, source => new DeflateStream(source, CompressionMode.Decompress)),
            "br" => Inflate(body, maximumLength, source => new BrotliStream(source, CompressionMode.Decompress)),
            _ => throw new InvalidDataException($"The content coding '{ServerTextSanitizer.Clean(coding) ?? ""}' is not supported."),
        };

    // RFC 1950 §2.2: the method is 8, and the first two bytes are a multiple of 31.
    private static bool IsZlib(ReadOnlySpan<byte> body) =>
        body.Length >= 2 && (body[0] & 0x0F) == 8 && ((body[0] << 8) | body[1]) % 31 == 0;

    private static ReadOnlyMemory<byte>? Inflate(ReadOnlyMemory<byte> body, int maximumLength, Func<Stream, Stream> decompress)
    {
        using MemoryStream source = new(body.ToArray(), writable: false);
        using var stream = decompress(source);
        byte[] buffer = new byte[Math.Min(body.Length * 4, maximumLength) + 1];
        int length = 0;
        while (Read(stream, buffer.AsSpan(length)) is > 0 and var count)
        {
            length += count;
            if (length > maximumLength)
                return null;
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, maximumLength + 1));
        }
        return buffer.AsMemory(0, length);
    }

    private static int Read(Stream stream, Span<byte> buffer)
    {
        try
        {
            return stream.Read(buffer);
        }
        catch (InvalidOperationException exception)
        {
            // The exception of Brotli.
            throw new InvalidDataException(exception.Message, exception);
        }
    }
}
