namespace OAuthClient.Conformance;

/// <summary>
/// The client modules of the OpenID Foundation's conformance suite that a client with <c>response_type=code</c> must pass; the
/// description of each test states what the module does. Not included: other response types (RFC 9700 §2.1.2), and request objects by
/// reference.
/// </summary>
internal static class ModuleNames
{
    private const string OpenIdConnect = "oidcc-client-test";
    private const string Fapi2 = "fapi2-security-profile-final-client-test";

    public static readonly IReadOnlyList<string> All =
    [
        .. new[]
        {
            "",
            "client-secret-basic",
            "idtoken-sig-rs256",
            "idtoken-sig-none",
            "invalid-iss",
            "missing-sub",
            "invalid-aud",
            "missing-aud",
            "missing-iat",
            "nonce-invalid",
            "invalid-sig-rs256",
            "invalid-sig-es256",
            "invalid-sig-hs256",
            "kid-absent-single-jwks",
            "kid-absent-multiple-jwks",
            "userinfo-invalid-sub",
            "userinfo-bearer-header",
            "userinfo-signed",
            "scope-userinfo-claims",
            "aggregated-claims",
            "distributed-claims",
            "discovery-openid-config",
            "discovery-jwks-uri-keys",
            "discovery-issuer-mismatch",
            "discovery-webfinger-acct",
            "discovery-webfinger-url",
            "dynamic-registration",
            "mtls-endpoint-aliases",
            "signing-key-rotation",
            "signing-key-rotation-just-before-signing",
            "refresh-token",
            "refresh-token-invalid-issuer",
            "refresh-token-invalid-sub",
            "form-post-error",
            "3rd-party-init-login",
            "rp-init-logout",
            "rp-init-logout-no-state",
            "rp-init-logout-other-state",
            "rp-backchannel-rpinitlogout",
            "rp-backchannel-rpinitlogout-alg-none",
            "rp-backchannel-rpinitlogout-no-event",
            "rp-backchannel-rpinitlogout-with-nonce",
            "rp-backchannel-rpinitlogout-wrong-alg",
            "rp-backchannel-rpinitlogout-wrong-aud",
            "rp-backchannel-rpinitlogout-wrong-event",
            "rp-backchannel-rpinitlogout-wrong-iss",
            "rp-frontchannel-rpinitlogout",
            "rp-frontchannel-opinitlogout",
        }.Select(name => name.Length == 0 ? OpenIdConnect : $"{OpenIdConnect}-{name}"),
        .. new[]
        {
            "happy-path",
            "happy-path-no-dpop-nonce",
            "valid-aud-as-array",
            "token-type-case-insensitivity",
            "rs-dpop-auth-scheme-case-insensitivity",
            "token-endpoint-response-without-expires_in",
            "refresh-token-test",
            "discovery-issuer-mismatch",
            "invalid-iss",
            "invalid-aud",
            "invalid-secondary-aud",
            "invalid-nonce",
            "invalid-expired-exp",
            "invalid-alternate-alg",
            "invalid-null-alg",
            "invalid-missing-iss",
            "invalid-missing-aud",
            "invalid-missing-exp",
            "invalid-missing-nonce",
            "invalid-authorization-response-iss",
            "remove-authorization-response-iss",
            "ensure-authorization-response-with-invalid-state-fails",
            "ensure-authorization-response-with-invalid-missing-state-fails",
            "ensure-jarm-signature-is-not-none",
            "ensure-jarm-with-expired-exp-fails",
            "ensure-jarm-with-invalid-aud-fails",
            "ensure-jarm-with-invalid-iss-fails",
            "ensure-jarm-with-invalid-sig-fails",
            "ensure-jarm-without-aud-fails",
            "ensure-jarm-without-exp-fails",
            "ensure-jarm-without-iss-fails",
        }.Select(name => $"{Fapi2}-{name}"),
    ];

    /// <summary>Returns the name of the test of a module.</summary>
    public static string TestOf(string module) => module.Replace('-', '_');
}
