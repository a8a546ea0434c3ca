using System.Buffers;

namespace OAuthClient;

/// <summary>Builds an address with an encoded query in one rented buffer.</summary>
internal ref struct QueryStringBuilder
{
    private char[] buffer = ArrayPool<char>.Shared.Rent(1024);
    private int length;
    private string separator;

    /// <param name="endpoint">The endpoint, whose query is kept (RFC 6749 §3.1).</param>
    public QueryStringBuilder(Uri endpoint)
    {
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
        string text = new(buffer, 0, length);
        ReplaceBuffer([]);
        return text;
    }

    private void Append(string text)
    {
        while (!text.TryCopyTo(buffer.AsSpan(length)))
            Grow();
        length += text.Length;
    }

    private void AppendEncoded(string text)
    {
        int written;
        while (!Uri.TryEscapeDataString(text, buffer.AsSpan(length), out written))
            Grow();
        length += written;
    }

    private void Grow()
    {
        char[] larger = ArrayPool<char>.Shared.Rent(buffer.Length * 2);
        buffer.AsSpan(0, length).CopyTo(larger);
        ReplaceBuffer(larger);
    }

    private void ReplaceBuffer(char[] other)
    {
        ArrayPool<char>.Shared.Return(buffer, clearArray: true);
        buffer = other;
    }
}
