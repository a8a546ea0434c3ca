using System.Buffers;

namespace OAuthClient;

/// <summary>Writes an address and the parameters of its query, each encoded, into one buffer.</summary>
internal ref struct QueryStringBuilder
{
    // Of a character outside of ASCII each byte becomes three characters, and there are three bytes at most.
    private const int LongestEncoding = 9;

    private Span<char> buffer;
    private char[]? rented;
    private int length;
    private string separator;

    /// <param name="endpoint">What stands before the first parameter, as it is.</param>
    /// <param name="hasQuery">Whether that has parameters of its own.</param>
    /// <param name="buffer">Enough for most addresses; a longer one finds more.</param>
    public QueryStringBuilder(string endpoint, bool hasQuery, Span<char> buffer)
    {
        this.buffer = buffer;
        separator = hasQuery ? "&" : "?";
        Append(endpoint);
    }

    /// <summary>Adds nothing when there is no value.</summary>
    /// <param name="name">Encoded already, where that is needed.</param>
    /// <param name="value">As it is meant.</param>
    public void Add(string name, string? value)
    {
        if (value is null)
            return;
        BeginParameter(name);
        Append("=");
        AppendEncoded(value);
    }

    /// <summary>Adds the values as one, with spaces between them; nothing when there is none.</summary>
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

    /// <summary>Adds what is encoded already, or holds nothing that would have to be; nothing when there is no value.</summary>
    /// <param name="beginning">All that stands before the value, its name and equals sign included.</param>
    /// <param name="value">As it will stand there.</param>
    /// <returns>Where the value begins; 0 when there is none.</returns>
    public int AddEncoded(string beginning, ReadOnlySpan<char> value)
    {
        if (value.IsEmpty)
            return 0;
        BeginParameter(beginning);
        Append(value);
        return length - value.Length;
    }

    /// <summary>What was written. Nothing can be added any more.</summary>
    public string ToTextAndClear()
    {
        string text = new(buffer[..length]);
        Use(null);
        return text;
    }

    private void BeginParameter(string beginning)
    {
        Append(separator);
        separator = "&";
        Append(beginning);
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
