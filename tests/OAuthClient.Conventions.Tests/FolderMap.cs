namespace OAuthClient.Conventions.Tests;

/// <summary>
/// Lists which folder of the core may use which. A folder that is not listed is not allowed; the root may use every folder.
/// </summary>
internal static class FolderMap
{
    public const string Root = "(root)";

    public static readonly IReadOnlyDictionary<string, string[]> Uses = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["HttpHandler"] = ["AccessTokens", "Caching", "Configuration", "DPoP", "Diagnostics", "Grants", "Protocol"],
        ["OpenIdConnect"] =
        [
            "AccessTokens",
            "AuthorizationCode",
            "BackChannel",
            "Caching",
            "ClientAuthentication",
            "Configuration",
            "Diagnostics",
            "Discovery",
            "Grants",
            "Grants/Storage",
            "IdTokens",
            "Jose",
            "OpenIdConnect/Sessions",
            "Protocol",
            "Revocation",
        ],
        ["AuthorizationCode"] =
        [
            "BackChannel",
            "Caching",
            "ClientAuthentication",
            "Configuration",
            "DPoP",
            "Diagnostics",
            "Discovery",
            "Grants",
            "Grants/Issuance",
            "Grants/Storage",
            "IdTokens",
            "Jose",
            "Protocol",
            "TokenEndpoint",
        ],
        ["Device"] =
        [
            "BackChannel",
            "Caching",
            "ClientAuthentication",
            "Configuration",
            "DPoP",
            "Diagnostics",
            "Discovery",
            "Grants",
            "Grants/Issuance",
            "IdTokens",
            "Protocol",
            "TokenEndpoint",
        ],
        ["Grants/Issuance"] =
        [
            "Configuration",
            "Diagnostics",
            "Grants",
            "Grants/Storage",
            "IdTokens",
            "Jose",
            "OpenIdConnect/Sessions",
            "Protocol",
            "Revocation",
        ],
        ["OpenIdConnect/Sessions"] =
        [
            "Caching",
            "Configuration",
            "Diagnostics",
            "Grants",
            "Grants/Storage",
            "IdTokens",
            "Jose",
            "Protocol",
            "Refresh",
        ],
        ["Introspection"] = ["BackChannel", "ClientAuthentication", "Configuration", "Discovery", "Jose", "Protocol"],
        ["DynamicRegistration"] =
        [
            "BackChannel",
            "Caching",
            "ClientAuthentication",
            "Configuration",
            "Diagnostics",
            "Discovery",
            "Jose",
            "Protocol",
        ],
        ["Revocation"] =
        [
            "BackChannel",
            "ClientAuthentication",
            "Configuration",
            "Diagnostics",
            "Discovery",
            "Grants",
            "Grants/Storage",
            "Protocol",
            "Refresh",
        ],
        ["AccessTokens"] =
        [
            "Caching",
            "Configuration",
            "DPoP",
            "Diagnostics",
            "Grants",
            "Grants/Storage",
            "Protocol",
            "Refresh",
            "TokenEndpoint",
        ],
        ["Refresh"] =
        [
            "BackChannel",
            "Caching",
            "Configuration",
            "DPoP",
            "Diagnostics",
            "Discovery",
            "Grants",
            "Grants/Storage",
            "IdTokens",
            "Jose",
            "Protocol",
            "TokenEndpoint",
        ],
        ["Grants/Storage"] = ["Caching", "Configuration", "Diagnostics", "Grants", "Protocol"],
        ["Grants"] = ["Configuration", "IdTokens", "Jose", "Protocol"],
        ["IdTokens"] = ["Configuration", "Discovery", "Jose", "Protocol"],
        ["Discovery"] = ["BackChannel", "Caching", "Configuration", "Diagnostics", "Jose", "Protocol"],
        ["TokenEndpoint"] = ["BackChannel", "ClientAuthentication", "Configuration", "DPoP", "Diagnostics", "Discovery", "Protocol"],
        ["ClientAuthentication"] = ["BackChannel", "Configuration", "DPoP", "Jose", "Protocol"],
        ["BackChannel"] = ["Caching", "Configuration", "DPoP", "Diagnostics", "Protocol"],
        ["DPoP"] = ["Caching", "Configuration", "Jose", "Protocol"],
        ["Configuration"] = ["Diagnostics", "Jose", "Protocol"],
        ["Jose"] = ["Protocol"],
        ["Caching"] = ["Protocol"],
        ["Diagnostics"] = ["Protocol"],
        ["Protocol"] = [],
    };

    /// <summary>
    /// The pairs of files in one folder that may use each other: a public type, and a type that its factory methods create or its methods
    /// write. All other files of a folder form no cycle.
    /// </summary>
    public static readonly IReadOnlyCollection<(string Type, string Created)> Factories =
    [
        ("TokenRequest", "ClientCredentialsRequest"),
        ("TokenRequest", "ExtensionGrantRequest"),
        ("TokenRequest", "RefreshTokenRequest"),
        ("GrantOwner", "AmbientGrantOwner"),
        ("Grant", "GrantSerializer"),
        ("DynamicClient", "DynamicClientSerializer"),
        ("PendingAuthorization", "PendingAuthorizationSerializer"),
        ("AuthorizationParameters", "RepeatedParameters"),
        ("PendingLogout", "PendingLogoutSerializer"),
    ];
}
