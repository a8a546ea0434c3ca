using System.IO.Compression;

namespace OAuthClient.Testing;

/// <summary>Compresses bodies (RFC 9110 §8.4.1).</summary>
internal static class Compression
{
    /// <summary>Gets the supported content codings.</summary>
    public static IReadOnlyList<string> Codings { get; } = ["gzip", "deflate", "br"];

    public static byte[] Compress(string coding, ReadOnlyMemory<byte> body)
    {
        using MemoryStream target = new();
        using (Stream compressor = Compressor(coding, target))
            compressor.Write(body.Span);
        return target.ToArray();
    }

    /// <summary>Returns a small body that is very long when it is decompressed.</summary>
    public static byte[] Bomb(string coding, long length)
    {
        using MemoryStream target = new();
        using (Stream compressor = Compressor(coding, target))
        {
            byte[] padding = new byte[64 * 1024];
            for (long written = 0; written < length; written += padding.Length)
                compressor.Write(padding);
        }
        return target.ToArray();
    }

    private static Stream Compressor(string coding, Stream target) =>
        coding switch
        {
            "gzip" => new GZipStream(target, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(target, CompressionLevel.Fastest, leaveOpen: true),
            _ => new BrotliStream(target, CompressionLevel.Fastest, leaveOpen: true),
        };
}
