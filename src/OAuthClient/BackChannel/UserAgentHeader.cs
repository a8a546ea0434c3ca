namespace OAuthClient;

/// <summary>The header <c>User-Agent</c> of the library (RFC 9110 §10.1.5). Some servers reject requests without one.</summary>
internal static class UserAgentHeader
{
    private const string Name = "User-Agent";

    private static readonly string Value = $"OAuthClient/{typeof(UserAgentHeader).Assembly.GetName().Version?.ToString(fieldCount: 3)}";

    /// <summary>Adds the header to a request, unless the application has set one.</summary>
    public static void AddTo(HttpRequestMessage request)
    {
        if (!request.Headers.NonValidated.Contains(Name))
            request.Headers.TryAddWithoutValidation(Name, Value);
    }
}
