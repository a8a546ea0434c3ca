namespace OAuthClient;

/// <summary>Specifies the kind of a <see cref="GrantOwner"/>. Owners of different kinds are never equal, whatever their ids are.</summary>
public enum GrantOwnerKind
{
    /// <summary>The client itself, by its own credentials (RFC 6749 §4.4).</summary>
    Client,

    /// <summary>A user of the application, by the application's own id.</summary>
    User,

    /// <summary>A user whom an authorization server or another identity provider names, by issuer and subject.</summary>
    Subject,

    /// <summary>A part of the application that no user owns, by a name that the application chose.</summary>
    Service,
}
