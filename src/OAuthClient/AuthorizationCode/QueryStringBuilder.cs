using System.Buffers;

namespace OAuthClient;

/// <summary>Builds an address with an encoded query in one buffer.</summary>
internal ref struct QueryStringBuilder
{
    // A UTF-16 code unit has at most three bytes in UTF-8, and each byte becomes three characters.
    private const int LongestEncoding = 9;

    private Span<char> buffer;
    private char[]? rented;
    private int length;
    private string separator;

    /// <param name="endpoint">The endpoint, whose query is kept (RFC 6749 §3.1).</param>
    /// <param name="buffer">The initial buffer. A larger one is rented if necessary.</param>
    public QueryStringBuilder(Uri endpoint, Span<char> buffer)
    {
        this.buffer = buffer;
        bool hasQuery = endpoint.Query.Length > 1;
        separator = hasQuery ? "&" : "?";
        Append(
            hasQuery ? endpoint.GetLeftPart(UriPartial.Query)
            : endpoint.Query.Length + endpoint.Fragment.Length == 0 ? endpoint.AbsoluteUri
            : endpoint.GetLeftPart(UriPartial.Path)
        );
    }

    /// <summary>Adds a parameter; does nothing if the value is <see langword="null"/>.</summary>
    /// <param name="name">The name, not encoded.</param>
    /// <param name="value">The value, not encoded.</param>
    public void Add(string name, string? value)
    {
        if (value is null)
            return;
        Append(separator);
        separator = "&";
        AppendEncoded(name);
        Append("=");
        AppendEncoded(value);
    }

    /// <summary>Returns the address and releases the buffer. Nothing can be added afterwards.</summary>
    public string ToTextAndClear()
    {
        string text = new(buffer[..length]);
        Use(null);
        return text;
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (text.Length > buffer.Length - length)
            Grow(text.Length);
        text.CopyTo(buffer[length..]);
        length += text.Length;
    }

    private void AppendEncoded(string text)
    {
        int written;
        while (!Uri.TryEscapeDataString(text, buffer[length..], out written))
            Grow(text.Length * LongestEncoding);
        length += written;
    }

    private void Grow(int by)
    {
        char[] larger = ArrayPool<char>.Shared.Rent(Math.Max(buffer.Length * 2, length + by));
        buffer[..length].CopyTo(larger);
        Use(larger);
    }

    private void Use(char[]? array)
    {
        if (rented is not null)
            ArrayPool<char>.Shared.Return(rented, clearArray: true);
        rented = array;
        buffer = array;
    }
}
