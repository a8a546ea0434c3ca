namespace OAuthClient;

/// <summary>An authentication scheme of access tokens (RFC 6749 §7.1). No other class names a scheme.</summary>
internal sealed class TokenScheme
{
    /// <summary>Tokens without a key: each party in possession of one can use it (RFC 6750 §1.2).</summary>
    public static readonly TokenScheme Bearer = new("Bearer");

    /// <summary>Tokens that are bound to a key, whose possession each request proves (RFC 9449).</summary>
    public static readonly TokenScheme DPoP = new("DPoP");

    private TokenScheme(string name) => Name = name;

    /// <summary>Gets the name of the scheme in headers, challenges and the <c>token_type</c> of token responses.</summary>
    public string Name { get; }

    /// <summary>Determines whether a <c>token_type</c> or a challenge names this scheme. The case is not significant.</summary>
    public bool IsNamed(string? name) => string.Equals(name, Name, StringComparison.OrdinalIgnoreCase);

    /// <summary>Creates the value of the <c>Authorization</c> header. It is created once for each token.</summary>
    public string CreateHeader(string token) => $"{Name} {token}";

    /// <summary>Attaches a token to a request, in place of an earlier one.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isBare">Whether the request has no header at all.</param>
    /// <param name="header">The value that <see cref="CreateHeader"/> returned for the token.</param>
    public static void Attach(HttpRequestMessage request, bool isBare, string header)
    {
        // Added without validation, because a typed value is formatted again at each send. An existing header must therefore be removed
        // first.
        if (!isBare)
            request.Headers.Remove("Authorization");
        request.Headers.TryAddWithoutValidation("Authorization", header);
    }
}
