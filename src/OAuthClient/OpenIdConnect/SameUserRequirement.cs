namespace OAuthClient;

/// <summary>
/// Requires that a user who signed in by this registration stays the same when an authorization is completed for them. The
/// application's own users, and subjects who signed in elsewhere, may connect any account.
/// </summary>
internal sealed class SameUserRequirement
{
    private bool usersSignIn;

    /// <summary>Notes that users sign in by this registration.</summary>
    public void NoteSignIn()
    {
        if (!Volatile.Read(ref usersSignIn))
            Volatile.Write(ref usersSignIn, true);
    }

    /// <summary>Requires it of a completed authorization.</summary>
    /// <param name="owner">Whose grant it becomes.</param>
    /// <param name="identity">Who completed it, when an ID Token says so.</param>
    /// <param name="pending">What was begun.</param>
    /// <param name="grants">The owner's grants. They may be gone, so they are not the only evidence of a sign-in.</param>
    /// <param name="server">The authorization server.</param>
    /// <exception cref="OAuthProtocolException">Another account completed it, or it is not known which.</exception>
    public void Require(
        GrantOwner owner,
        ValidatedIdToken? identity,
        PendingAuthorization pending,
        IReadOnlyList<Grant> grants,
        AuthorizationServerMetadata server
    )
    {
        if (
            owner.Kind != GrantOwnerKind.Subject
            || !IsOf(server, owner.Issuer!)
            || !(pending.RenewsSignIn || Volatile.Read(ref usersSignIn) || grants.Any(grant => grant.SignInId is not null))
        )
        {
            return;
        }
        if (identity is null && (pending.RenewsSignIn || pending.Nonce is not null))
        {
            throw new OAuthProtocolException(
                "The authorization asked for openid, and no ID Token says whether the user is still the one who signed in here, so nothing "
                    + "was kept (OpenID Connect Core §3.1.3.3). Make the server return an ID Token for this client, or remove openid from "
                    + "Scopes of this request."
            );
        }
        if (identity is not null && GrantOwner.Subject(identity.Issuer, identity.Subject) != owner)
        {
            throw new OAuthProtocolException(
                "The authorization was completed by another user of the server than the one who signed in here by it, so nothing was kept. "
                    + "Begin with BeginSignInAsync where users may change; it signs in the user who comes."
            );
        }
    }

    // The subjects of all tenants, because another tenant's user is another user.
    private static bool IsOf(AuthorizationServerMetadata server, string issuer) =>
        server.IssuerTemplate is { } template
            ? IssuerTemplate.Matches(template.Text, issuer)
            : string.Equals(server.Issuer, issuer, StringComparison.Ordinal);
}
