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

    /// <param name="endpoint">The address before the first parameter.</param>
    /// <param name="hasQuery">Whether the address has a query already.</param>
    /// <param name="buffer">The initial buffer. A larger one is rented if necessary.</param>
    public QueryStringBuilder(string endpoint, bool hasQuery, Span<char> buffer)
    {
        this.buffer = buffer;
        separator = hasQuery ? "&" : "?";
        Append(endpoint);
    }

    /// <summary>Adds a parameter; does nothing if the value is <see langword="null"/>.</summary>
    /// <param name="name">The encoded name.</param>
    /// <param name="value">The value, not encoded.</param>
    public void Add(string name, string? value)
    {
        if (value is null)
            return;
        BeginParameter(name);
        Append("=");
        AppendEncoded(value);
    }

    /// <summary>Adds the values as one parameter, separated by spaces; does nothing if there are none.</summary>
    public void AddList(string name, IReadOnlyList<string> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (i == 0)
                BeginParameter(name);
            Append(i == 0 ? "=" : "%20");
            AppendEncoded(values[i]);
        }
    }

    /// <summary>Adds an encoded value; does nothing if it is empty.</summary>
    /// <param name="prefix">The text before the value, including the name and the equals sign.</param>
    /// <param name="value">The encoded value.</param>
    public void AddEncoded(string prefix, ReadOnlySpan<char> value)
    {
        if (value.IsEmpty)
            return;
        BeginParameter(prefix);
        Append(value);
    }

    /// <summary>Returns the address and releases the buffer. Nothing can be added afterwards.</summary>
    public string ToTextAndClear()
    {
        string text = new(buffer[..length]);
        Use(null);
        return text;
    }

    private void BeginParameter(string prefix)
    {
        Append(separator);
        separator = "&";
        Append(prefix);
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
