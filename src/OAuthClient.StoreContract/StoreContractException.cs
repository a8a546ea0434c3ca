namespace OAuthClient.StoreContract;

/// <summary>
/// Represents a difference between a store and its contract. The message says what the contract expects, what the store did, and what its
/// author should change.
/// </summary>
public sealed class StoreContractException : Exception
{
    internal StoreContractException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}
