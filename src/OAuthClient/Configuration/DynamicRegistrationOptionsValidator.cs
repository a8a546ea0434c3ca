namespace OAuthClient;

/// <summary>Validates the options of a client that registers itself.</summary>
internal static class DynamicRegistrationOptionsValidator
{
    // Derived from the options, or set by the server (RFC 7591 §2, §3.2.1).
    private static readonly string[] Reserved =
    [
        "client_id",
        "client_secret",
        "client_id_issued_at",
        "client_secret_expires_at",
        "registration_access_token",
        "registration_client_uri",
        "redirect_uris",
        "response_types",
        "software_statement",
    ];

    public static IEnumerable<string> Find(OAuthClientOptions o, DynamicRegistrationOptions dynamic)
    {
        if (!string.IsNullOrEmpty(o.ClientId) || o.ClientSecret is not null)
            yield return "ClientId or ClientSecret is set, but RegisterDynamically obtains them from the server; remove one of the two.";
        if (dynamic.InitialAccessToken is { } token && !token.All(c => c is > ' ' and <= '~'))
            yield return "InitialAccessToken holds a character that is invalid in a header; copy it as the server issued it, or "
                + "leave it null.";
        if (dynamic.InitialAccessToken is "")
            yield return "InitialAccessToken is empty; set the token, or leave it null.";
        if (dynamic.SoftwareStatement is { } statement && string.IsNullOrWhiteSpace(statement))
            yield return "SoftwareStatement is empty; set the statement, or leave it null.";
        if (dynamic.GrantTypes is null || dynamic.GrantTypes.Any(string.IsNullOrWhiteSpace))
            yield return "GrantTypes must be a list of names such as authorization_code; leave it empty for the default, "
                + "depending on RedirectUri.";
        if (dynamic.ApplicationType is not (null or "web" or "native"))
            yield return "ApplicationType must be web or native.";
        foreach (
            var (name, uri) in new[]
            {
                (nameof(dynamic.InitiateLoginUri), dynamic.InitiateLoginUri),
                (nameof(dynamic.BackChannelLogoutUri), dynamic.BackChannelLogoutUri),
                (nameof(dynamic.FrontChannelLogoutUri), dynamic.FrontChannelLogoutUri),
            }
        )
        {
            if (uri is not null && (!EndpointSecurity.IsSafe(uri, o.DangerouslyAllowHttpOnLoopback) || uri.Fragment.Length > 0))
                yield return $"{name} must be an absolute https address without a fragment.";
        }
        if (dynamic.Metadata is null)
            yield return "Metadata is null; leave it out.";
        else if (Reserved.FirstOrDefault(dynamic.Metadata.ContainsKey) is { } reserved)
            yield return $"Metadata holds {reserved}, which is derived from the options or set by the server; remove it.";
    }
}
