namespace OAuthClient;

/// <summary>
/// Requires that the user who signed in with this client is the user who completes a further authorization. Users whom the application or
/// another server authenticates may connect any account.
/// </summary>
internal sealed class SameUserRequirement
{
    private bool usersSignIn;

    /// <summary>Records that users sign in with this client.</summary>
    public void NoteSignIn()
    {
        if (!Volatile.Read(ref usersSignIn))
            Volatile.Write(ref usersSignIn, true);
    }

    /// <summary>Validates a completed authorization.</summary>
    /// <param name="owner">The owner of the new grant.</param>
    /// <param name="identity">The ID Token of the response, or <see langword="null"/> when there is none.</param>
    /// <param name="requestedIdToken">Whether the request contained the scope <c>openid</c>.</param>
    /// <param name="renewsSignIn">Whether only the user who signed in by the client may receive the grant.</param>
    /// <param name="grants">The owner's grants. They may have been removed, so they are not the only evidence of a sign-in.</param>
    /// <param name="server">The authorization server.</param>
    /// <exception cref="OAuthProtocolException">Another user completed the authorization, or the user is not known.</exception>
    public void Validate(
        GrantOwner owner,
        ValidatedIdToken? identity,
        bool requestedIdToken,
        bool renewsSignIn,
        IReadOnlyList<Grant> grants,
        AuthorizationServerMetadata server
    )
    {
        if (
            owner.Kind != GrantOwnerKind.Subject
            || !IsOf(server, owner.Issuer!)
            || !(renewsSignIn || Volatile.Read(ref usersSignIn) || grants.Any(grant => grant.SignInId is not null))
        )
        {
            return;
        }
        if (identity is null && (renewsSignIn || requestedIdToken))
        {
            throw new OAuthProtocolException(
                "The authorization requested openid, but the response has no ID Token that proves that the user is still the one who "
                    + "signed in, so the tokens were discarded (OpenID Connect Core §3.1.3.3). Configure the server to return an ID Token "
                    + "to this client, or remove openid from Scopes of this request."
            );
        }
        if (identity is not null && GrantOwner.Subject(identity.Issuer, identity.Subject) != owner)
        {
            throw new OAuthProtocolException(
                "The authorization was completed by another user of the server than the one who signed in, so the tokens were discarded. "
                    + "To let another user sign in, begin with BeginSignInAsync."
            );
        }
    }

    // Includes the subjects of all tenants, because a user of another tenant is another user.
    private static bool IsOf(AuthorizationServerMetadata server, string issuer) =>
        server.IssuerTemplate is { } template ? IssuerTemplate.Matches(template.Text, issuer) : server.Issuer == issuer;
}
