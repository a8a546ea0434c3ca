using System.Text;

namespace OAuthClient.Tests;

/// <summary>Parses the query of a URI strictly, independently of the code under test.</summary>
internal static class QueryPairs
{
    public static IReadOnlyList<KeyValuePair<string, string>> Of(Uri uri) =>
        [
            .. uri
                .AbsoluteUri.Split('#')[0]
                .Split('?', 2)[1]
                .Split('&')
                .Select(part => part.Split('='))
                .Select(pair =>
                    pair.Length == 2
                        ? new KeyValuePair<string, string>(Decode(pair[0]), Decode(pair[1]))
                        : throw new FormatException($"'{string.Join('=', pair)}' is not one name and one value.")
                ),
        ];

    public static IReadOnlyDictionary<string, string> Single(Uri uri) =>
        Of(uri).ToDictionary(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);

    private static string Decode(string text)
    {
        var bytes = new List<byte>();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                bytes.Add(checked((byte)text[i]));
                continue;
            }
            bytes.Add(Convert.ToByte(text.Substring(i + 1, 2), 16));
            i += 2;
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }
}
