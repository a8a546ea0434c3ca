namespace OAuthClient.Chaos.Phases;

/// <summary>A node answered that an exception ended what it was told to do.</summary>
/// <param name="node">The node.</param>
/// <param name="failure">The name of the exception and its message.</param>
internal sealed class OrderFailedException(string node, string failure) : Exception($"Node {node}: {failure}")
{
    /// <summary>The name of the exception in the node.</summary>
    public string ExceptionName => failure.Split(' ')[0];
}
