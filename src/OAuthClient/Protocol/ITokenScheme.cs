namespace OAuthClient;

/// <summary>Defines how an access token is attached to a request (RFC 6749 §7.1).</summary>
internal interface ITokenScheme
{
    /// <summary>Gets the name of the scheme in headers, challenges and the <c>token_type</c> of token responses.</summary>
    string Name { get; }

    /// <summary>Determines whether a <c>token_type</c> or a challenge names this scheme. The case is not significant.</summary>
    bool IsNamed(string? name);

    /// <summary>Creates the value of the <c>Authorization</c> header. It is created once for each token.</summary>
    string CreateHeader(string token);

    /// <summary>Attaches a token to a request, in place of an earlier one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isBare">Whether the request has no header at all.</param>
    /// <param name="header">The value that <see cref="CreateHeader"/> returned for the token.</param>
    void Attach(HttpRequestMessage request, bool isBare, string header);
}
