namespace OAuthClient;

/// <summary>
/// Only the resource owner can help: there is no grant, or the server no longer honours it (RFC 6749 §5.2
/// <c>invalid_grant</c>). Begin an authorization. The one exception that applications catch.
/// </summary>
public sealed class ReauthorizationRequiredException : OAuthException
{
    /// <summary>For one registration.</summary>
    /// <param name="clientName">The registration's name, as given to <c>AddOAuthClient</c>; empty for the unnamed one.</param>
    /// <param name="message">Why the resource owner is needed.</param>
    /// <param name="innerException">The server's answer, when it was one.</param>
    public ReauthorizationRequiredException(string clientName, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        ArgumentNullException.ThrowIfNull(clientName);
        ClientName = clientName;
    }

    /// <summary>The registration's name, as given to <c>AddOAuthClient</c>; empty for the unnamed one.</summary>
    public string ClientName { get; }

    /// <summary>Whether it was asked for only because an API refused a token that cannot be had anew.</summary>
    internal bool IsForRejectedToken { get; init; }
}
