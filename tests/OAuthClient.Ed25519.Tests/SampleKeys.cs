namespace OAuthClient.Ed25519.Tests;

/// <summary>The keys of RFC 8037 appendix A and of RFC 8410 §10.3.</summary>
internal static class SampleKeys
{
    public const string X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    public const string D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    public const string PrivateJwk = $$"""{"kty":"OKP","crv":"Ed25519","d":"{{D}}","x":"{{X}}"}""";
    public const string PublicJwk = $$"""{"crv":"Ed25519","kty":"OKP","x":"{{X}}"}""";

    public const string Pem = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----
        """;

    // With an attribute and the public key (RFC 5958 §2, version 2).
    public const string PemWithPublicKey = """
        -----BEGIN PRIVATE KEY-----
        MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB
        Z9w7lshQhqowtrbLDFw4rXAxZuE=
        -----END PRIVATE KEY-----
        """;

    public const string PublicPem = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
        -----END PUBLIC KEY-----
        """;

    public const string PublicJwkOfPem = """{"crv":"Ed25519","kty":"OKP","x":"Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"}""";
}
