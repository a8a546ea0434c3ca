namespace OAuthClient.Chaos.Phases;

/// <summary>The exception for a command to a node that failed in the node.</summary>
/// <param name="node">The node.</param>
/// <param name="failure">The name of the exception and its message.</param>
internal sealed class OrderFailedException(string node, string failure) : Exception($"Node {node}: {failure}")
{
    /// <summary>Gets the name of the exception in the node.</summary>
    public string ExceptionName => failure.Split(' ')[0];
}
