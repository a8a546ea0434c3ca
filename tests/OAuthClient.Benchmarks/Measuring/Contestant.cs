namespace OAuthClient.Benchmarks;

/// <summary>One way of doing a line's work.</summary>
/// <param name="Name">Who does it.</param>
/// <param name="RunAsync">Does it so many times, one after the other.</param>
internal sealed record Contestant(string Name, Func<int, Task> RunAsync)
{
    public const string Base = "base";
    public const string Floor = "floor";
    public const string Ours = "ours";
}
