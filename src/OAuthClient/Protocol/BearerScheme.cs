namespace OAuthClient;

/// <summary>The token scheme Bearer (RFC 6750 §2.1).</summary>
internal sealed class BearerScheme : ITokenScheme
{
    public static readonly BearerScheme Instance = new();

    private BearerScheme() { }

    public string Name => "Bearer";

    public bool IsNamed(string? name) => string.Equals(name, Name, StringComparison.OrdinalIgnoreCase);

    public string CreateHeader(string token) => $"{Name} {token}";

    // Added without validation, because a typed value is formatted again at each send. An existing header must therefore be removed first.
    public void Attach(HttpRequestMessage request, bool isBare, string header)
    {
        if (!isBare)
            request.Headers.Remove("Authorization");
        request.Headers.TryAddWithoutValidation("Authorization", header);
    }
}
