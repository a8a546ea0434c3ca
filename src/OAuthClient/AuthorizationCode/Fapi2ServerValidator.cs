namespace OAuthClient;

/// <summary>
/// Validates that a server supports the FAPI 2.0 Security Profile, before an authorization request is sent there.
/// </summary>
internal static class Fapi2ServerValidator
{
    /// <summary>Requires that the metadata of a server conform to the profile.</summary>
    /// <exception cref="OAuthException">The metadata lack what the profile requires.</exception>
    /// <exception cref="OAuthProtocolException">The metadata state an address that cannot be used.</exception>
    public static void Validate(AuthorizationServerMetadata server)
    {
        foreach (
            var (endpoint, section) in new[]
            {
                (ServerEndpoint.Authorization, "§5.3.3.2"),
                (ServerEndpoint.Token, "§5.3.3.2"),
                (ServerEndpoint.PushedAuthorization, "§5.3.2.2"),
            }
        )
        {
            if (server.FindValid(endpoint) is null)
                throw new OAuthException(
                    $"The metadata of {server.ServerId} name no {endpoint.Name}, which FAPI 2.0 Security Profile {section} requires. Ask "
                        + "the operator of the server for the issuer that supports FAPI 2.0, or remove Fapi2."
                );
        }
        if (server.CodeChallengeMethods?.Contains(CodeVerifier.ChallengeMethod) != true)
            throw new OAuthException(
                $"The metadata of {server.ServerId} do not state S256 ({AuthorizationServerMetadata.CodeChallengeMethodsName}), which FAPI "
                    + "2.0 Security Profile §5.3.2.2 requires. Ask the operator of the server for the issuer that supports FAPI 2.0, or "
                    + "remove Fapi2."
            );
    }
}
