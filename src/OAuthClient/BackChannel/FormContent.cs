using System.Buffers;
using System.Net;
using System.Text;

namespace OAuthClient;

/// <summary>An encoded form (RFC 6749 appendix B) or other body in one buffer, which can be read any number of times.</summary>
internal sealed class FormContent : HttpContent
{
    // The unreserved characters (RFC 3986 §2.3), which Uri.EscapeDataString does not encode.
    private static readonly SearchValues<char> Unreserved = SearchValues.Create(
        "-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    );

    // A list of scopes contains only these.
    private static readonly SearchValues<char> UnreservedOrSpace = SearchValues.Create(
        " -.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
    );

    private readonly byte[] body;

    public FormContent(byte[] body, string mediaType = "application/x-www-form-urlencoded")
    {
        this.body = body;
        Headers.TryAddWithoutValidation("Content-Type", mediaType);
    }

    /// <summary>Encodes a form as <c>application/x-www-form-urlencoded</c>.</summary>
    /// <param name="form">The names and values.</param>
    /// <returns>The encoded form.</returns>
    public static byte[] Encode(IReadOnlyList<KeyValuePair<string, string>> form)
    {
        int length = Math.Max(0, form.Count * 2 - 1);
        for (int i = 0; i < form.Count; i++)
            length += EncodedLength(form[i].Key) + EncodedLength(form[i].Value);
        byte[] encoded = new byte[length];
        var rest = encoded.AsSpan();
        for (int i = 0; i < form.Count; i++)
        {
            if (i > 0)
                rest = Put('&', rest);
            rest = Put('=', Encode(form[i].Key, rest));
            rest = Encode(form[i].Value, rest);
        }
        return encoded;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(body, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }

    private static int EncodedLength(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(UnreservedOrSpace))
            return text.Length;
        int length = 0;
        foreach (var rune in text.EnumerateRunes())
            length += IsOneByte(rune) ? 1 : rune.Utf8SequenceLength * 3;
        return length;
    }

    private static Span<byte> Encode(string text, Span<byte> rest)
    {
        if (!text.AsSpan().ContainsAnyExcept(UnreservedOrSpace))
        {
            int length = Encoding.ASCII.GetBytes(text, rest);
            rest[..length].Replace((byte)' ', (byte)'+');
            return rest[length..];
        }
        Span<byte> utf8 = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsOneByte(rune))
            {
                rest = Put(rune.Value == ' ' ? '+' : (char)rune.Value, rest);
                continue;
            }
            foreach (byte one in utf8[..rune.EncodeToUtf8(utf8)])
                rest = Put(Digit(one & 15), Put(Digit(one >> 4), Put('%', rest)));
        }
        return rest;
    }

    private static bool IsOneByte(Rune rune) => rune.Value == ' ' || (rune.IsAscii && Unreserved.Contains((char)rune.Value));

    private static char Digit(int half) => "0123456789ABCDEF"[half];

    private static Span<byte> Put(char one, Span<byte> rest)
    {
        rest[0] = (byte)one;
        return rest[1..];
    }
}
