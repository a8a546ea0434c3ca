namespace OAuthClient;

/// <summary>
/// Whose a grant is: a resource owner, named by the application's own user id, or the client itself. The two are never
/// mixed: a user's request does not fall back to the client's token.
/// </summary>
public sealed class GrantOwner : IEquatable<GrantOwner>
{
    private readonly int hash;

    private GrantOwner(string? id)
    {
        Id = id;
        hash = id?.GetHashCode(StringComparison.Ordinal) ?? 0;
    }

    /// <summary>The client itself, by its own credentials (RFC 6749 §4.4).</summary>
    public static GrantOwner Client { get; } = new(null);

    /// <summary>The application's id for the resource owner; <see langword="null"/> for the client itself.</summary>
    public string? Id { get; }

    /// <summary>A resource owner.</summary>
    /// <param name="id">The application's own, stable id of the user: not the name they type, not the one at the authorization server.</param>
    /// <exception cref="ArgumentException"><paramref name="id"/> is empty.</exception>
    public static GrantOwner ResourceOwner(string id)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(id);
        return new GrantOwner(id);
    }

    /// <summary>
    /// Whoever a server says has signed in (OpenID Connect Core §2): an id made of issuer and subject, so that two servers' equal subjects
    /// are two owners. It does not show the subject, and never changes.
    /// </summary>
    /// <param name="issuer">The server's issuer identifier.</param>
    /// <param name="subject">The ID Token's <c>sub</c>.</param>
    /// <exception cref="ArgumentException">One is empty.</exception>
    public static GrantOwner FromSubject(string issuer, string subject)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(issuer);
        ArgumentException.ThrowIfNullOrEmpty(subject);
        return new GrantOwner(Fingerprint.Of(issuer, subject));
    }

    /// <summary>
    /// Until it is disposed of, <c>ForCurrentUser()</c> means this owner in the flow of calls that follows: for work that goes on when the
    /// request that ordered it is over. Say it inside of the work: what is begun here and goes on after the end sends no request.
    /// It reaches the HTTP clients only: <see cref="ICurrentGrantOwner"/>, and what revokes the current user's grant, go on to mean the
    /// request's user.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is the client itself.</exception>
    public IDisposable AsCurrentUser() => Id is not null ? ActingOwner.Begin(this) : throw new InvalidOperationException(
        "The client itself is no user; for its own token register an HTTP client with ForClient().");

    /// <summary>The same as <see cref="ResourceOwner"/>.</summary>
    /// <param name="id">The application's own, stable id of the user.</param>
    /// <exception cref="ArgumentException"><paramref name="id"/> is empty.</exception>
    public static implicit operator GrantOwner(string id) => ResourceOwner(id);

    /// <summary>Whether both are the same owner.</summary>
    /// <param name="one">An owner.</param>
    /// <param name="other">Another.</param>
    public static bool operator ==(GrantOwner? one, GrantOwner? other) => one is null ? other is null : one.Equals(other);

    /// <summary>Whether they are different owners.</summary>
    /// <param name="one">An owner.</param>
    /// <param name="other">Another.</param>
    public static bool operator !=(GrantOwner? one, GrantOwner? other) => !(one == other);

    /// <inheritdoc/>
    public bool Equals(GrantOwner? other) =>
        ReferenceEquals(this, other) || (other is not null && hash == other.hash && string.Equals(Id, other.Id, StringComparison.Ordinal));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrantOwner);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <summary>For messages: the resource owner's id, or <c>the client itself</c>.</summary>
    public override string ToString() => Id is null ? "the client itself" : $"'{Id}'";
}
