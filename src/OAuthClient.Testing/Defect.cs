namespace OAuthClient.Testing;

/// <summary>
/// Specifies a single defect in the responses of a <see cref="TestAuthorizationServer"/>; see
/// <see cref="TestAuthorizationServerOptions.Defect"/>. A correct client rejects the defective response and sends no further request.
/// </summary>
public enum Defect
{
    /// <summary>There is no defect.</summary>
    None,

    /// <summary>The metadata contain a different issuer than the one they were requested for (RFC 8414 §3.3).</summary>
    MetadataWrongIssuer,

    /// <summary>The metadata contain no issuer (RFC 8414 §2).</summary>
    MetadataMissingIssuer,

    /// <summary>The metadata advertise only the code challenge method <c>plain</c> (RFC 9700 §2.1.1).</summary>
    MetadataOnlyPlainCodeChallenge,

    /// <summary>The authorization response contains a different <c>state</c> (RFC 6749 §10.12).</summary>
    CallbackWrongState,

    /// <summary>The authorization response contains no <c>state</c>.</summary>
    CallbackMissingState,

    /// <summary>The authorization response contains the <c>iss</c> of a different server (RFC 9207 §2.4).</summary>
    CallbackWrongIssuer,

    /// <summary>The authorization response contains no <c>iss</c>, although the metadata advertise it (RFC 9207 §2.4).</summary>
    CallbackMissingIssuer,

    /// <summary>The authorization response contains <c>code</c> twice (RFC 6749 §3.1).</summary>
    CallbackDuplicateCode,

    /// <summary>The authorization response contains <c>state</c> twice (RFC 6749 §3.1).</summary>
    CallbackDuplicateState,

    /// <summary>The token response contains no ID Token, although <c>openid</c> was granted (OpenID Connect Core §3.1.3.3).</summary>
    IdTokenMissing,

    /// <summary>ID Tokens have <c>alg: none</c> and no signature (OpenID Connect Core §3.1.3.7).</summary>
    IdTokenUnsigned,

    /// <summary>ID Tokens have an invalid signature.</summary>
    IdTokenBadSignature,

    /// <summary>ID Tokens are signed with a key that is not in the key set; their <c>kid</c> is not in the key set either.</summary>
    IdTokenUnknownKey,

    /// <summary>
    /// ID Tokens are signed with a published key, but with a different algorithm than the client registered (OpenID Connect Core §3.1.3.7).
    /// </summary>
    IdTokenOtherAlgorithm,

    /// <summary>ID Tokens are signed with HS256; the secret is the public key in PEM format (RFC 8725 §2.1).</summary>
    IdTokenHmacWithPublicKeyPem,

    /// <summary>ID Tokens are signed with HS256; the secret is the public key as a JSON Web Key (RFC 8725 §2.1).</summary>
    IdTokenHmacWithPublicKeyJwk,

    /// <summary>
    /// ID Tokens are signed with a foreign key; the header parameter <c>jku</c> refers to it at <see cref="TestEndpoint.ForeignKeys"/> (RFC
    /// 8725 §3.10).
    /// </summary>
    IdTokenKeyByUrl,

    /// <summary>
    /// ID Tokens are signed with a foreign key; the header parameter <c>x5u</c> refers to its certificate at
    /// <see cref="TestEndpoint.ForeignKeys"/> (RFC 8725 §3.10).
    /// </summary>
    IdTokenCertificateByUrl,

    /// <summary>ID Tokens are signed with a foreign key that the header parameter <c>jwk</c> contains (RFC 7515 §4.1.3).</summary>
    IdTokenEmbeddedKey,

    /// <summary>The header of ID Tokens requires an unknown extension in <c>crit</c> (RFC 7515 §4.1.11).</summary>
    IdTokenCriticalExtension,

    /// <summary>ID Tokens contain the claim <c>iss</c> twice; the first value is that of an attacker (RFC 7519 §4).</summary>
    IdTokenDuplicateIssuer,

    /// <summary>ID Tokens contain one mebibyte of padding.</summary>
    IdTokenTooLarge,

    /// <summary>ID Tokens contain the <c>iss</c> of a different server.</summary>
    IdTokenWrongIssuer,

    /// <summary>ID Tokens contain no <c>iss</c>.</summary>
    IdTokenMissingIssuer,

    /// <summary>ID Tokens contain no <c>sub</c>.</summary>
    IdTokenMissingSubject,

    /// <summary>The <c>aud</c> of ID Tokens is a different client.</summary>
    IdTokenWrongAudience,

    /// <summary>ID Tokens contain no <c>aud</c>.</summary>
    IdTokenMissingAudience,

    /// <summary>
    /// The <c>aud</c> of ID Tokens contains an untrusted audience in addition to the client (OpenID Connect Core §3.1.3.7).
    /// </summary>
    IdTokenSecondAudience,

    /// <summary>The <c>azp</c> of ID Tokens is a different client.</summary>
    IdTokenWrongAuthorizedParty,

    /// <summary>ID Tokens contain no <c>exp</c>.</summary>
    IdTokenMissingExpiry,

    /// <summary>ID Tokens expired ten minutes before they are sent.</summary>
    IdTokenExpired,

    /// <summary>ID Tokens contain no <c>iat</c>.</summary>
    IdTokenMissingIssuedAt,

    /// <summary>The <c>iat</c> of ID Tokens is one hour in the future.</summary>
    IdTokenIssuedInTheFuture,

    /// <summary>ID Tokens contain a different <c>nonce</c> than the request.</summary>
    IdTokenWrongNonce,

    /// <summary>ID Tokens contain no <c>nonce</c>, although the request contained one.</summary>
    IdTokenMissingNonce,

    /// <summary>The <c>at_hash</c> of ID Tokens does not match the access token (OpenID Connect Core §3.1.3.8).</summary>
    IdTokenWrongAccessTokenHash,

    /// <summary>The <c>acr</c> of ID Tokens is not one of the requested values.</summary>
    IdTokenWrongAcr,

    /// <summary>The <c>auth_time</c> of ID Tokens is one day in the past.</summary>
    IdTokenOldAuthentication,

    /// <summary>ID Tokens contain no <c>auth_time</c>.</summary>
    IdTokenMissingAuthenticationTime,

    /// <summary>ID Tokens from a refresh contain the <c>iss</c> of a different server (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongIssuer,

    /// <summary>ID Tokens from a refresh contain the <c>sub</c> of a different user (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongSubject,

    /// <summary>The <c>aud</c> of ID Tokens from a refresh is a different client (OpenID Connect Core §12.2).</summary>
    RefreshedIdTokenWrongAudience,

    /// <summary>
    /// The <c>auth_time</c> of ID Tokens from a refresh differs from that of the original ID Token (OpenID Connect Core §12.2).
    /// </summary>
    RefreshedIdTokenWrongAuthenticationTime,

    /// <summary>
    /// ID Tokens from a refresh contain a <c>nonce</c> that differs from that of the request (OpenID Connect Core §12.2).
    /// </summary>
    RefreshedIdTokenWrongNonce,

    /// <summary>UserInfo responses contain the <c>sub</c> of a different user (OpenID Connect Core §5.3.2).</summary>
    UserInfoWrongSubject,

    /// <summary>UserInfo responses contain no <c>sub</c> (OpenID Connect Core §5.3.2).</summary>
    UserInfoMissingSubject,

    /// <summary>Signed UserInfo responses have <c>alg: none</c> and no signature.</summary>
    UserInfoUnsigned,

    /// <summary>Signed UserInfo responses have an invalid signature.</summary>
    UserInfoBadSignature,

    /// <summary>Signed UserInfo responses contain the <c>iss</c> of a different server.</summary>
    UserInfoWrongIssuer,

    /// <summary>The <c>aud</c> of signed UserInfo responses is a different client.</summary>
    UserInfoWrongAudience,

    /// <summary>Signed introspection responses have <c>alg: none</c> and no signature (RFC 9701 §5).</summary>
    IntrospectionUnsigned,

    /// <summary>Signed introspection responses have an invalid signature.</summary>
    IntrospectionBadSignature,

    /// <summary>The <c>typ</c> of signed introspection responses is <c>JWT</c> (RFC 9701 §5).</summary>
    IntrospectionWrongType,

    /// <summary>Signed introspection responses contain the <c>iss</c> of a different server.</summary>
    IntrospectionWrongIssuer,

    /// <summary>The <c>aud</c> of signed introspection responses is a different client.</summary>
    IntrospectionWrongAudience,

    /// <summary>Logout tokens have <c>alg: none</c> and no signature (OpenID Connect Back-Channel Logout §2.6).</summary>
    LogoutTokenUnsigned,

    /// <summary>Logout tokens have an invalid signature.</summary>
    LogoutTokenBadSignature,

    /// <summary>Logout tokens are signed with a published key, but with a different algorithm than the client registered.</summary>
    LogoutTokenOtherAlgorithm,

    /// <summary>The <c>typ</c> of logout tokens is that of an access token (RFC 9068 §2.1).</summary>
    LogoutTokenWrongType,

    /// <summary>Logout tokens contain the <c>iss</c> of a different server.</summary>
    LogoutTokenWrongIssuer,

    /// <summary>The <c>aud</c> of logout tokens is a different client.</summary>
    LogoutTokenWrongAudience,

    /// <summary>Logout tokens contain no <c>iat</c>.</summary>
    LogoutTokenMissingIssuedAt,

    /// <summary>Logout tokens contain no <c>exp</c>.</summary>
    LogoutTokenMissingExpiry,

    /// <summary>Logout tokens expired ten minutes before they are sent.</summary>
    LogoutTokenExpired,

    /// <summary>Logout tokens contain no <c>jti</c>.</summary>
    LogoutTokenMissingId,

    /// <summary>Logout tokens contain no <c>events</c>.</summary>
    LogoutTokenMissingEvent,

    /// <summary>The <c>events</c> of logout tokens do not contain the back-channel logout event.</summary>
    LogoutTokenWrongEvent,

    /// <summary>Logout tokens contain a <c>nonce</c>, as only ID Tokens do.</summary>
    LogoutTokenWithNonce,

    /// <summary>Logout tokens contain neither <c>sub</c> nor <c>sid</c>.</summary>
    LogoutTokenAboutNobody,

    /// <summary>The redirect after a logout contains a different <c>state</c> (OpenID Connect RP-Initiated Logout §3).</summary>
    PostLogoutWrongState,

    /// <summary>The redirect after a logout contains no <c>state</c> (OpenID Connect RP-Initiated Logout §3).</summary>
    PostLogoutMissingState,

    /// <summary>
    /// A requested signed authorization response is not signed (JWT Secured Authorization Response Mode §2.4).
    /// </summary>
    SignedResponseMissing,

    /// <summary>A signed authorization response has <c>alg: none</c> and no signature.</summary>
    SignedResponseUnsigned,

    /// <summary>A signed authorization response has an invalid signature.</summary>
    SignedResponseBadSignature,

    /// <summary>The <c>iss</c> of a signed authorization response names a different server.</summary>
    SignedResponseWrongIssuer,

    /// <summary>A signed authorization response has no <c>iss</c>.</summary>
    SignedResponseMissingIssuer,

    /// <summary>The <c>aud</c> of a signed authorization response names a different client.</summary>
    SignedResponseWrongAudience,

    /// <summary>A signed authorization response has no <c>aud</c>.</summary>
    SignedResponseMissingAudience,

    /// <summary>A signed authorization response has expired.</summary>
    SignedResponseExpired,

    /// <summary>A signed authorization response has no <c>exp</c>.</summary>
    SignedResponseMissingExpiry,
}
