namespace OAuthClient.Benchmarks;

/// <summary>One way of doing a line's work.</summary>
/// <param name="Name">Who does it.</param>
/// <param name="RunAsync">Does it so many times, one after the other.</param>
internal sealed record Contestant(string Name, Func<int, Task> RunAsync)
{
    public const string Base = "base";
    public const string Floor = "floor";
    public const string Ours = "ours";

    public static Contestant Of<T>(string name, Func<T> act) =>
        new(
            name,
            count =>
            {
                for (int i = 0; i < count; i++)
                    GC.KeepAlive(act());
                return Task.CompletedTask;
            }
        );

    public static Contestant Of<T>(string name, Func<Task<T>> actAsync) =>
        new(
            name,
            async count =>
            {
                for (int i = 0; i < count; i++)
                    GC.KeepAlive(await actAsync());
            }
        );

    /// <param name="name">Who does it.</param>
    /// <param name="actAsync">Does it once.</param>
    /// <param name="see">Takes what is wanted out of what came.</param>
    public static Contestant Of<T>(string name, Func<Task<T>> actAsync, Func<T, string> see) =>
        new(
            name,
            async count =>
            {
                for (int i = 0; i < count; i++)
                    GC.KeepAlive(see(await actAsync()));
            }
        );
}
