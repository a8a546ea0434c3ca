namespace OAuthClient.Tests;

/// <summary>Creates a pending authorization and the response to it.</summary>
internal static class SampleAuthorization
{
    public const string State = "state-state-state-state-state-state-state-0";

    public static PendingAuthorization Pending(
        string? issuer = SampleConfiguration.Issuer,
        bool requiresIssuer = false,
        string redirectUri = SampleConfiguration.Callback,
        bool requiresPath = false
    ) =>
        new()
        {
            ClientName = "photos",
            Server = issuer ?? "https://server.example.com/token",
            Issuer = issuer,
            RequiresIssuer = requiresIssuer,
            RequiresRedirectPathMatch = requiresPath,
            RedirectUri = redirectUri,
            State = State,
            Nonce = "nonce-nonce-nonce-nonce-nonce-nonce-nonce-0",
            MaxAge = TimeSpan.Zero,
            RequiredAcrValues = ["phr", "mfa"],
            CodeVerifier = new CodeVerifier("verifier-verifier-verifier-verifier-verifie"),
            Scopes = ["openid", "profile"],
            Resources = ["https://api.example.com/"],
            ExpiresAt = SampleConfiguration.Now + TimeSpan.FromMinutes(10),
        };

    public static AuthorizationResponse Response(params (string Name, string Value)[] parameters) =>
        AuthorizationResponse.Parse(parameters.Select(parameter => new KeyValuePair<string, string>(parameter.Name, parameter.Value)));
}
