namespace OAuthClient;

/// <summary>Decides which addresses the requests of an HTTP client may be sent to with an access token.</summary>
internal interface IApiAddressPolicy
{
    string HttpClientName { get; }

    /// <summary>
    /// Checks the address before a handler resolves its host name, and stores it for the checks after the handlers changed it.
    /// </summary>
    /// <exception cref="OAuthException">The address or the <c>Host</c> header is not that of an allowed origin.</exception>
    void EnsureNamed(HttpRequestMessage request);

    /// <summary>Stores the address that a known handler resolved the checked address to.</summary>
    void SetResolved(HttpRequestMessage request);

    /// <summary>Checks the address before a token is requested.</summary>
    /// <param name="request">The request, after the outer handlers.</param>
    /// <param name="isBare">Whether the request has no header at all.</param>
    /// <returns>The address.</returns>
    /// <exception cref="InvalidOperationException">The request has no absolute address.</exception>
    /// <exception cref="OAuthException">The address or the <c>Host</c> header is not allowed.</exception>
    Uri EnsureAllowed(HttpRequestMessage request, bool isBare);

    /// <summary>Determines whether the request may be sent, after all handlers.</summary>
    /// <param name="request">The request.</param>
    /// <param name="hasOnlyToken">Whether the access token is its only header.</param>
    bool IsFinalAllowed(HttpRequestMessage request, bool hasOnlyToken);

    /// <summary>Creates the exception for a request that <see cref="IsFinalAllowed"/> rejected.</summary>
    OAuthException CreateFinalException(HttpRequestMessage request);
}
