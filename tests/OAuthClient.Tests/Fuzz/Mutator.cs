using System.Text;

namespace OAuthClient.Tests;

/// <summary>Makes bad input out of good: by bits and bytes, by words that mean something, and by size.</summary>
internal sealed class Mutator(Dice dice, IReadOnlyList<string> samples, IReadOnlyList<string> words)
{
    private const int MostBytes = 200_000;

    // What breaks parsers anywhere: limits of numbers, halves of characters, nesting, escapes, characters that end a line.
    private static readonly string[] Anywhere =
    [
        "0",
        "-1",
        "1e999",
        "1e-999",
        "9223372036854775807",
        "9223372036854775808",
        "NaN",
        "true",
        "null",
        "[]",
        "{}",
        "\"\"",
        "\"",
        "\\",
        "\\u0000",
        "\\ud800",
        "\\udc00",
        "\0",
        "\r\n",
        "\t",
        "\u007f",
        "\u00a0",
        "\u202e",
        "\ufeff",
        "\ufffd",
        "İ",
        "ı",
        "\ud83d\ude00",
        "%",
        "%0",
        "%00",
        "%zz",
        "%C0%80",
        "%ED%A0%80",
        "%2e",
        "+",
        "&",
        "=",
        ";",
        ",",
        "?",
        "#",
        "/",
        "//",
        ":",
        "@",
        " ",
        "..",
        "<script>",
        "$(x)",
    ];

    private readonly byte[][] good = [.. samples.Select(Encoding.UTF8.GetBytes)];
    private readonly byte[][] pieces = [.. words.Concat(Anywhere).Select(Encoding.UTF8.GetBytes)];

    public byte[] Next()
    {
        var input = new List<byte>(dice.Of(good));
        for (int times = 1 + dice.Below(4); times > 0; times--)
            Change(input);
        return [.. input];
    }

    private void Change(List<byte> input)
    {
        int at = dice.Below(input.Count + 1);
        int length = Math.Min(dice.Below(dice.OneIn(4) ? 64 : 8), input.Count - at);
        switch (dice.Below(9))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << dice.Below(8));
                break;
            case 1 when at < input.Count:
                input[at] = (byte)dice.Below(256);
                break;
            case 2:
                input.RemoveRange(at, length);
                break;
            case 3:
                input.InsertRange(at, input.GetRange(at, length));
                break;
            case 4:
                input.RemoveRange(at, length);
                input.InsertRange(at, dice.Of(pieces));
                break;
            case 5:
                input.InsertRange(at, dice.Of(pieces));
                break;
            // The rest of another one, from somewhere on.
            case 6:
                byte[] other = dice.Of(good);
                input.RemoveRange(at, input.Count - at);
                input.AddRange(other.AsSpan(dice.Below(other.Length)));
                break;
            case 7:
                input.RemoveRange(at, input.Count - at);
                break;
            // The same over and over: deep, wide, long.
            case 8 when dice.OneIn(8):
                byte[] piece = length > 0 ? [.. input.GetRange(at, length)] : dice.Of(pieces);
                int most = (MostBytes - input.Count) / Math.Max(1, piece.Length);
                input.InsertRange(
                    at,
                    Enumerable.Repeat(piece, Math.Clamp(dice.OneIn(20) ? 20_000 : dice.Below(300), 0, most)).SelectMany(one => one)
                );
                break;
        }
    }
}
