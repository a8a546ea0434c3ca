namespace OAuthClient.Benchmarks;

/// <summary>The client that all contestants use.</summary>
internal static class Sample
{
    public const string ClientId = "s6BhdRkqt3";
    public const string ClientSecret = "7Fjfp0ZBr1KtDRbnfVdmIw";
    public const string RedirectUri = "https://client-app.com/callback";
    public static readonly string[] Scopes = ["openid", "profile", "photos.read"];
}
