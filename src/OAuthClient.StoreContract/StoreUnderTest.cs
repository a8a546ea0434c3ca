namespace OAuthClient.StoreContract;

/// <summary>Describes the store of one case: how to open it, and how to control its time. Each case has its own data.</summary>
/// <typeparam name="TStore"><see cref="IGrantStore"/> or <see cref="IDynamicClientStore"/>.</typeparam>
public sealed class StoreUnderTest<TStore>
    where TStore : class
{
    /// <summary>
    /// Gets or sets the function that opens the store. A case calls it once for each node: all results work on the same data, as several
    /// processes do. The case disposes of each result that can be disposed of.
    /// </summary>
    /// <remarks>A store that serves one process returns the same object each time. The data are empty at the first call.</remarks>
    public required Func<ValueTask<TStore>> OpenAsync { get; init; }

    /// <summary>
    /// Gets or sets the function that advances the clock of all opened stores. Set it if the store reads a <see cref="TimeProvider"/>;
    /// leave it <see langword="null"/>, the default, if the store reads the clock of a database.
    /// </summary>
    public Action<TimeSpan>? AdvanceTime { get; init; }

    /// <summary>
    /// Gets or sets the function that runs after the case, for example to delete the data; <see langword="null"/>, the default, if nothing
    /// is left to do.
    /// </summary>
    public Func<ValueTask>? CleanUpAsync { get; init; }

    /// <summary>
    /// Gets or sets the time, by the clock of the machine, within which a wait of the store must end and a change must reach another node.
    /// The default is 30 seconds.
    /// </summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(30);
}
