using System.Text;

namespace OAuthClient.Tests;

/// <summary>Creates invalid input from valid samples: by changed bits and bytes, inserted fragments, and size.</summary>
internal sealed class Mutator(Dice dice, IReadOnlyList<string> samples, IReadOnlyList<string> fragments)
{
    private const int MaximumBytes = 200_000;

    // Values that break parsers: limits of numbers, lone surrogates, nesting, escapes and line terminators.
    private static readonly string[] CommonFragments =
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

    private readonly byte[][] valid = [.. samples.Select(Encoding.UTF8.GetBytes)];
    private readonly byte[][] allFragments = [.. fragments.Concat(CommonFragments).Select(Encoding.UTF8.GetBytes)];

    public byte[] Next()
    {
        var input = new List<byte>(dice.Of(valid));
        for (int times = 1 + dice.Below(4); times > 0; times--)
            Change(input);
        return [.. input];
    }

    private void Change(List<byte> input)
    {
        int index = dice.Below(input.Count + 1);
        int length = Math.Min(dice.Below(dice.OneIn(4) ? 64 : 8), input.Count - index);
        switch (dice.Below(9))
        {
            case 0 when index < input.Count:
                input[index] ^= (byte)(1 << dice.Below(8));
                break;
            case 1 when index < input.Count:
                input[index] = (byte)dice.Below(256);
                break;
            case 2:
                input.RemoveRange(index, length);
                break;
            case 3:
                input.InsertRange(index, input.GetRange(index, length));
                break;
            case 4:
                input.RemoveRange(index, length);
                input.InsertRange(index, dice.Of(allFragments));
                break;
            case 5:
                input.InsertRange(index, dice.Of(allFragments));
                break;
            // The end of another sample.
            case 6:
                byte[] other = dice.Of(valid);
                input.RemoveRange(index, input.Count - index);
                input.AddRange(other.AsSpan(dice.Below(other.Length)));
                break;
            case 7:
                input.RemoveRange(index, input.Count - index);
                break;
            // Repetition: deeply nested, wide or long input.
            case 8 when dice.OneIn(8):
                byte[] fragment = length > 0 ? [.. input.GetRange(index, length)] : dice.Of(allFragments);
                int maximum = (MaximumBytes - input.Count) / Math.Max(1, fragment.Length);
                input.InsertRange(
                    index,
                    Enumerable
                        .Repeat(fragment, Math.Clamp(dice.OneIn(20) ? 20_000 : dice.Below(300), 0, maximum))
                        .SelectMany(bytes => bytes)
                );
                break;
        }
    }
}
