using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace OAuthClient;

/// <summary>Writes an address and the parameters of its query, each encoded, into one buffer.</summary>
internal ref struct QueryWriter
{
    // What an encoded parameter mostly fits into; a longer one goes by way of a string.
    private const int ScratchLength = 128;

    // RFC 3986 §2.3. Most of what stands in these addresses holds nothing else.
    private static readonly SearchValues<char> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~");

    private DefaultInterpolatedStringHandler address;
    private char separator;

    /// <param name="endpoint">What stands before the first parameter, as it is.</param>
    /// <param name="hasQuery">Whether that has parameters of its own.</param>
    /// <param name="buffer">Enough for most addresses; a longer one finds more.</param>
    public QueryWriter(string endpoint, bool hasQuery, Span<char> buffer)
    {
        address = new(0, 0, CultureInfo.InvariantCulture, buffer);
        address.AppendLiteral(endpoint);
        separator = hasQuery ? '&' : '?';
    }

    /// <summary>Adds nothing when there is no value.</summary>
    /// <param name="name">Encoded already, where that is needed.</param>
    /// <param name="value">As it is meant.</param>
    public void Add(string name, string? value)
    {
        if (value is null)
            return;
        BeginParameter(name);
        AppendEncoded(value);
    }

    /// <summary>Adds the values as one, with spaces between them; nothing when there is none.</summary>
    public void AddList(string name, IReadOnlyList<string> values)
    {
        for (int i = 0; i < values.Count; i++)
        {
            if (i == 0)
                BeginParameter(name);
            else
                address.AppendLiteral("%20");
            AppendEncoded(values[i]);
        }
    }

    /// <summary>Adds what holds no character that would have to be encoded.</summary>
    public void AddUnreserved(string name, ReadOnlySpan<char> value)
    {
        BeginParameter(name);
        address.AppendFormatted(value);
    }

    /// <summary>What was written. Nothing can be added any more.</summary>
    public string ToTextAndClear() => address.ToStringAndClear();

    private void BeginParameter(string name)
    {
        address.AppendFormatted(new ReadOnlySpan<char>(in separator));
        separator = '&';
        address.AppendLiteral(name);
        address.AppendLiteral("=");
    }

    private void AppendEncoded(string text)
    {
        if (!text.AsSpan().ContainsAnyExcept(Unreserved))
        {
            address.AppendLiteral(text);
            return;
        }
        Span<char> scratch = stackalloc char[ScratchLength];
        if (Uri.TryEscapeDataString(text, scratch, out int length))
            address.AppendFormatted(scratch[..length]);
        else
            address.AppendLiteral(Uri.EscapeDataString(text));
    }
}
