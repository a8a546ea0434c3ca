namespace OAuthClient.StoreContract;

/// <summary>Represents one case of a contract. A test framework calls it as one test; a case does not depend on other cases.</summary>
public sealed class StoreContractCase
{
    private readonly Func<CancellationToken, Task> body;

    internal StoreContractCase(string name, string reason, Func<CancellationToken, Task> body) =>
        (Name, Reason, this.body) = (name, reason, body);

    /// <summary>Gets the name, a sentence that says what a store does. It is unique within a contract.</summary>
    public string Name { get; }

    /// <summary>Gets the reason why the contract requires it.</summary>
    public string Reason { get; }

    /// <summary>Runs the case on a new store.</summary>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>A task that completes when the store has passed the case.</returns>
    /// <exception cref="StoreContractException">The store differs from the contract.</exception>
    /// <remarks>Exceptions of the store pass unchanged.</remarks>
    public Task RunAsync(CancellationToken cancellationToken = default) => body(cancellationToken);

    /// <summary>Returns the name.</summary>
    /// <returns>The name.</returns>
    public override string ToString() => Name;
}
