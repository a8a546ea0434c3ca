using System.Globalization;

namespace OAuthClient.StoreContract;

/// <summary>Compares what a store did with what the contract expects.</summary>
internal static class Expect
{
    /// <summary>Compares a value.</summary>
    /// <param name="what">What the value is.</param>
    /// <param name="expected">The value of the contract.</param>
    /// <param name="actual">The value of the store.</param>
    /// <param name="change">A sentence that says what the author of the store should change.</param>
    /// <exception cref="StoreContractException">The values differ.</exception>
    public static void Equal<T>(string what, T expected, T actual, string change)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new StoreContractException($"{what}: expected {Print(expected)}, but the store returned {Print(actual)}. {change}");
    }

    /// <summary>Compares a list, in order.</summary>
    public static void Sequence<T>(string what, IEnumerable<T> expected, IEnumerable<T> actual, string change)
    {
        var (wanted, found) = (expected.ToList(), actual.ToList());
        if (!wanted.SequenceEqual(found))
            throw new StoreContractException($"{what}: expected {PrintAll(wanted)}, but the store returned {PrintAll(found)}. {change}");
    }

    /// <summary>Checks a condition.</summary>
    /// <param name="isMet">Whether the store did what the contract expects.</param>
    /// <param name="problem">A sentence that says what is expected and what the store did.</param>
    /// <param name="change">A sentence that says what the author of the store should change.</param>
    /// <exception cref="StoreContractException">The condition is not met.</exception>
    public static void That(bool isMet, string problem, string change)
    {
        if (!isMet)
            throw new StoreContractException($"{problem} {change}");
    }

    private static string PrintAll<T>(List<T> values) =>
        values.Count == 0 ? "an empty list" : $"[{string.Join(", ", values.Select(value => Print(value)))}]";

    private static string Print<T>(T value) => value is null ? "null" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
}
