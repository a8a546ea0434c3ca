namespace OAuthClient.Testing;

/// <summary>
/// One thing that is wrong with what the server sends, everything else being right: <see cref="TestAuthorizationServerOptions.Defect"/>. A client
/// must refuse every one of them, and call nothing afterwards.
/// </summary>
public enum Defect
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The metadata name another issuer than the one they were fetched for (RFC 8414 §3.3).</summary>
    MetadataWrongIssuer,

    /// <summary>The metadata name no issuer (RFC 8414 §2).</summary>
    MetadataMissingIssuer,

    /// <summary>The metadata offer only the code challenge method <c>plain</c> (RFC 9700 §2.1.1).</summary>
    MetadataOnlyPlainCodeChallenge,

    /// <summary>The callback's state is another one (RFC 6749 §10.12).</summary>
    CallbackWrongState,

    /// <summary>The callback has no state.</summary>
    CallbackMissingState,

    /// <summary>The callback's iss is another server's (RFC 9207 §2.4).</summary>
    CallbackWrongIssuer,

    /// <summary>The callback has no iss, although the metadata promise it (RFC 9207 §2.4).</summary>
    CallbackMissingIssuer,

    /// <summary>The callback has its code twice (RFC 6749 §3.1).</summary>
    CallbackDuplicateCode,

    /// <summary>The callback has its state twice (RFC 6749 §3.1).</summary>
    CallbackDuplicateState,

    /// <summary>The token response has no ID Token, although openid was granted (OpenID Connect Core §3.1.3.3).</summary>
    IdTokenMissing,

    /// <summary>ID Tokens say <c>alg: none</c> and have no signature (OpenID Connect Core §3.1.3.7).</summary>
    IdTokenUnsigned,

    /// <summary>The signature of ID Tokens does not verify, whatever the client's algorithm.</summary>
    IdTokenBadSignature,

    /// <summary>ID Tokens are signed with a key that is not in the key set, under a kid that is not either.</summary>
    IdTokenUnknownKey,

    /// <summary>ID Tokens are signed with a published key, but by another algorithm than the client registered (OpenID Connect Core §3.1.3.7).</summary>
    IdTokenOtherAlgorithm,

    /// <summary>ID Tokens are HS256 with the public key, as PEM, for a secret (RFC 8725 §2.1).</summary>
    IdTokenHmacWithPublicKeyPem,

    /// <summary>ID Tokens are HS256 with the public key, as published JSON Web Key, for a secret (RFC 8725 §2.1).</summary>
    IdTokenHmacWithPublicKeyJwk,

    /// <summary>ID Tokens are signed with a foreign key that their header points to by <c>jku</c>, which is <see cref="TestEndpoint.ForeignKeys"/> (RFC 8725 §3.10).</summary>
    IdTokenKeyByUrl,

    /// <summary>ID Tokens are signed with a foreign key whose certificate their header points to by <c>x5u</c>, which is <see cref="TestEndpoint.ForeignKeys"/> (RFC 8725 §3.10).</summary>
    IdTokenCertificateByUrl,

    /// <summary>ID Tokens are signed with a foreign key that their header brings along as <c>jwk</c> (RFC 7515 §4.1.3).</summary>
    IdTokenEmbeddedKey,

    /// <summary>The header of ID Tokens demands an extension that nobody knows, by <c>crit</c> (RFC 7515 §4.1.11).</summary>
    IdTokenCriticalExtension,

    /// <summary>ID Tokens have the claim iss twice, first an attacker's (RFC 7519 §4).</summary>
    IdTokenDuplicateIssuer,

    /// <summary>ID Tokens hold a megabyte of padding.</summary>
    IdTokenTooLarge,

    /// <summary>The iss of ID Tokens is another server's.</summary>
    IdTokenWrongIssuer,

    /// <summary>ID Tokens have no iss.</summary>
    IdTokenMissingIssuer,

    /// <summary>ID Tokens have no sub.</summary>
    IdTokenMissingSubject,

    /// <summary>The aud of ID Tokens is another client.</summary>
    IdTokenWrongAudience,

    /// <summary>ID Tokens have no aud.</summary>
    IdTokenMissingAudience,

    /// <summary>The aud of ID Tokens names, besides the client, one that it has no reason to trust (OpenID Connect Core §3.1.3.7).</summary>
    IdTokenSecondAudience,

    /// <summary>The azp of ID Tokens is another client.</summary>
    IdTokenWrongAuthorizedParty,

    /// <summary>ID Tokens have no exp.</summary>
    IdTokenMissingExpiry,

    /// <summary>ID Tokens expired ten minutes before they are sent.</summary>
    IdTokenExpired,

    /// <summary>ID Tokens have no iat.</summary>
    IdTokenMissingIssuedAt,

    /// <summary>ID Tokens were issued in an hour.</summary>
    IdTokenIssuedInTheFuture,

    /// <summary>The nonce of ID Tokens is another request's.</summary>
    IdTokenWrongNonce,

    /// <summary>ID Tokens have no nonce, although the request had one.</summary>
    IdTokenMissingNonce,

    /// <summary>The at_hash of ID Tokens is another access token's (OpenID Connect Core §3.1.3.8).</summary>
    IdTokenWrongAccessTokenHash,

    /// <summary>The acr of ID Tokens is none that anybody asked for.</summary>
    IdTokenWrongAcr,

    /// <summary>ID Tokens say that the user signed in a day ago.</summary>
    IdTokenOldAuthentication,

    /// <summary>ID Tokens do not say when the user signed in.</summary>
    IdTokenMissingAuthenticationTime,

    /// <summary>The iss of refreshed ID Tokens is another server's (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongIssuer,

    /// <summary>Refreshed ID Tokens are about another user (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongSubject,

    /// <summary>The aud of refreshed ID Tokens is another client (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongAudience,

    /// <summary>Refreshed ID Tokens are about another login of the same user (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongAuthenticationTime,

    /// <summary>Refreshed ID Tokens have a nonce that no request had (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongNonce,

    /// <summary>The sub of UserInfo responses is another user's (OpenID Connect Core §5.3.2).</summary>
    UserInfoWrongSubject,

    /// <summary>UserInfo responses have no sub (OpenID Connect Core §5.3.2).</summary>
    UserInfoMissingSubject,

    /// <summary>UserInfo responses that should be signed say <c>alg: none</c>.</summary>
    UserInfoUnsigned,

    /// <summary>The signature of UserInfo responses does not verify.</summary>
    UserInfoBadSignature,

    /// <summary>The iss of signed UserInfo responses is another server's.</summary>
    UserInfoWrongIssuer,

    /// <summary>The aud of signed UserInfo responses is another client.</summary>
    UserInfoWrongAudience,

    /// <summary>Introspection responses that should be signed say <c>alg: none</c> (RFC 9701 §5).</summary>
    IntrospectionUnsigned,

    /// <summary>The signature of introspection responses does not verify.</summary>
    IntrospectionBadSignature,

    /// <summary>The typ of signed introspection responses is that of any JWT (RFC 9701 §5).</summary>
    IntrospectionWrongType,

    /// <summary>The iss of signed introspection responses is another server's.</summary>
    IntrospectionWrongIssuer,

    /// <summary>The aud of signed introspection responses is another client.</summary>
    IntrospectionWrongAudience,

    /// <summary>Logout tokens say <c>alg: none</c> and have no signature (OpenID Connect Back-Channel Logout §2.6).</summary>
    LogoutTokenUnsigned,

    /// <summary>The signature of logout tokens does not verify.</summary>
    LogoutTokenBadSignature,

    /// <summary>Logout tokens are signed with a published key, but by another algorithm than the client registered.</summary>
    LogoutTokenOtherAlgorithm,

    /// <summary>The typ of logout tokens is that of an access token (RFC 9068 §2.1).</summary>
    LogoutTokenWrongType,

    /// <summary>The iss of logout tokens is another server's.</summary>
    LogoutTokenWrongIssuer,

    /// <summary>The aud of logout tokens is another client.</summary>
    LogoutTokenWrongAudience,

    /// <summary>Logout tokens have no iat.</summary>
    LogoutTokenMissingIssuedAt,

    /// <summary>Logout tokens have no exp.</summary>
    LogoutTokenMissingExpiry,

    /// <summary>Logout tokens expired ten minutes before they are sent.</summary>
    LogoutTokenExpired,

    /// <summary>Logout tokens have no jti.</summary>
    LogoutTokenMissingId,

    /// <summary>Logout tokens have no events.</summary>
    LogoutTokenMissingEvent,

    /// <summary>The events of logout tokens are not a logout.</summary>
    LogoutTokenWrongEvent,

    /// <summary>Logout tokens have a nonce, which makes them look like ID Tokens.</summary>
    LogoutTokenWithNonce,

    /// <summary>Logout tokens name neither a user nor a session.</summary>
    LogoutTokenAboutNobody,

    /// <summary>After a logout the browser comes back with another state (OpenID Connect RP-Initiated Logout §3).</summary>
    PostLogoutWrongState,

    /// <summary>After a logout the browser comes back without the state (OpenID Connect RP-Initiated Logout §3).</summary>
    PostLogoutMissingState,
}
