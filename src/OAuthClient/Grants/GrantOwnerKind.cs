namespace OAuthClient;

/// <summary>Specifies the kind of a <see cref="GrantOwner"/>. Owners of different kinds are never equal, whatever their ids are.</summary>
public enum GrantOwnerKind
{
    /// <summary>The client itself, with its own credentials (RFC 6749 §4.4).</summary>
    Client,

    /// <summary>A user of the application, identified by the application's own id.</summary>
    User,

    /// <summary>A user of an authorization server or another identity provider, identified by issuer and subject.</summary>
    Subject,

    /// <summary>A part of the application that belongs to no user, identified by a name that the application chose.</summary>
    Service,
}
