using System.Buffers;
using System.Globalization;
using System.Text;

namespace OAuthClient.Interactive;

/// <summary>A request to the loopback listener (RFC 9112), as far as a callback needs it.</summary>
/// <param name="Target">The path and the query as they were sent.</param>
/// <param name="Host">The value of the header <c>Host</c>; <see langword="null"/> if there is not exactly one.</param>
/// <param name="Form">The body of a form post; <see langword="null"/> for a GET request.</param>
internal sealed record LoopbackRequest(string Target, string? Host, string? Form)
{
    private const int MaximumHeadLength = 16 * 1024;
    private const int MaximumFormLength = 64 * 1024;

    private static ReadOnlySpan<byte> HeadEnd => "\r\n\r\n"u8;

    /// <summary>Gets the path without the query.</summary>
    public string Path => Target.Split('?', 2)[0];

    /// <summary>Reads a request.</summary>
    /// <returns>The request; <see langword="null"/> if it is malformed, too long, or has another method than GET or POST.</returns>
    /// <exception cref="IOException">The connection ended.</exception>
    public static async Task<LoopbackRequest?> ReadAsync(Stream connection, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(MaximumHeadLength);
        try
        {
            int length = 0;
            int headLength;
            while ((headLength = buffer.AsSpan(0, length).IndexOf(HeadEnd)) < 0)
            {
                if (length == MaximumHeadLength)
                    return null;
                int count = await connection
                    .ReadAsync(buffer.AsMemory(length, MaximumHeadLength - length), cancellationToken)
                    .ConfigureAwait(false);
                if (count == 0)
                    throw new IOException("The connection ended within the request.");
                length += count;
            }
            string head = Encoding.Latin1.GetString(buffer, 0, headLength);
            var rest = buffer.AsMemory(headLength + HeadEnd.Length, length - headLength - HeadEnd.Length);
            return await ParseAsync(head, rest, connection, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // The buffer contains the code.
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }
    }

    private static async Task<LoopbackRequest?> ParseAsync(
        string head,
        ReadOnlyMemory<byte> rest,
        Stream connection,
        CancellationToken cancellationToken
    )
    {
        string[] lines = head.Split("\r\n");
        if (lines[0].Split(' ') is not [var method, ['/', ..] target, "HTTP/1.1" or "HTTP/1.0"])
            return null;
        string? host = Only(lines, "Host");
        if (method == "GET")
            return new(target, host, Form: null);
        if (
            method != "POST"
            || Only(lines, "Content-Type")?.Split(';')[0].Trim() is not { } type
            || !type.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            || !int.TryParse(Only(lines, "Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out int length)
            || length > MaximumFormLength
            || rest.Length > length
        )
            return null;
        byte[] form = new byte[length];
        rest.CopyTo(form);
        await connection.ReadExactlyAsync(form.AsMemory(rest.Length), cancellationToken).ConfigureAwait(false);
        return new(target, host, Encoding.UTF8.GetString(form));
    }

    private static string? Only(string[] lines, string name)
    {
        string[] values =
        [
            .. lines
                .Skip(1)
                .Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
                .Select(line => line[(name.Length + 1)..].Trim()),
        ];
        return values is [var only] ? only : null;
    }
}
