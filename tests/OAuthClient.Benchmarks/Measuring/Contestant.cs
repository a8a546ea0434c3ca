namespace OAuthClient.Benchmarks;

/// <summary>One implementation of the operation of a line.</summary>
/// <param name="Name">The name of the implementation.</param>
/// <param name="RunAsync">Runs the operation the given number of times, one after the other.</param>
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

    /// <param name="name">The name of the implementation.</param>
    /// <param name="actAsync">Runs the operation once.</param>
    /// <param name="see">Extracts the required value from the result.</param>
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
