using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;

namespace OAuthClient;

/// <summary>
/// Identifies the owner of a grant: a user of the application, a subject of an issuer, a service of the application, or the client itself.
/// The kind is part of the identity. A user id therefore never equals an owner of another kind, even where users choose their ids.
/// </summary>
/// <example>
/// <code>
/// GrantOwner alice = GrantOwner.User("42");                                      // the application's own user id
/// GrantOwner signedIn = GrantOwner.Subject("https://accounts.example.com", "1001"); // an ID Token's iss and sub
/// GrantOwner billing = GrantOwner.Service("billing");                            // a grant that belongs to the application
/// string column = alice.ToString();                                              // "user:42", for example in a job table
/// GrantOwner again = GrantOwner.Parse(column);
/// </code>
/// </example>
public sealed class GrantOwner : IEquatable<GrantOwner>, IParsable<GrantOwner>
{
    /// <summary>
    /// The type of the claim that holds an owner's text form in principals that this library creates. It is read back only where its
    /// issuer is <c>LOCAL AUTHORITY</c>, which is the default of claims that the application itself creates. The application must therefore
    /// validate the issuer of tokens: without that (JwtBearer with <c>ValidateIssuer = false</c>) a token can name <c>LOCAL AUTHORITY</c>
    /// as its issuer, and its own claims choose the owner.
    /// </summary>
    public const string ClaimType = "oauthclient.owner";

    private const char IssuerEnd = ' ';
    private const char ScopeEnd = ':';

    private readonly Form form;
    private readonly int hash;

    // One string for all forms: owners are created for each request of a signed-in user, and equality compares one string.
    private readonly string value;

    private GrantOwner(Form form, string value)
    {
        this.form = form;
        this.value = value;
        hash = value.GetHashCode(StringComparison.Ordinal) ^ ((int)form * 0x2545F491);
    }

    private enum Form : byte
    {
        Client,
        User,
        ScopedUser,
        Subject,
        Service,
    }

    /// <summary>Gets the client itself, by its own credentials (RFC 6749 §4.4).</summary>
    public static GrantOwner Client { get; } = new(Form.Client, "");

    /// <summary>Gets the kind of owner. It is part of the identity.</summary>
    public GrantOwnerKind Kind =>
        form switch
        {
            Form.Client => GrantOwnerKind.Client,
            Form.Subject => GrantOwnerKind.Subject,
            Form.Service => GrantOwnerKind.Service,
            _ => GrantOwnerKind.User,
        };

    /// <summary>
    /// Gets the user's id, the subject, or the service's name, without <see cref="Issuer"/> and <see cref="Scope"/>;
    /// <see langword="null"/> for the client itself.
    /// </summary>
    public string? Id =>
        form switch
        {
            Form.Client => null,
            Form.ScopedUser => value[(value.IndexOf(ScopeEnd, StringComparison.Ordinal) + 1)..],
            Form.Subject => value[(value.IndexOf(IssuerEnd, StringComparison.Ordinal) + 1)..],
            _ => value,
        };

    /// <summary>Gets the issuer that a <see cref="GrantOwnerKind.Subject"/> belongs to; <see langword="null"/> for other kinds.</summary>
    public string? Issuer => form is Form.Subject ? UnescapeIssuer(value[..value.IndexOf(IssuerEnd, StringComparison.Ordinal)]) : null;

    /// <summary>Gets the scope within which a user's id is unique; <see langword="null"/> if there is one set of users.</summary>
    public string? Scope => form is Form.ScopedUser ? value[..value.IndexOf(ScopeEnd, StringComparison.Ordinal)] : null;

    internal bool IsClient => form is Form.Client;

    /// <summary>Creates the owner for a user of the application.</summary>
    /// <param name="id">The application's own, stable id of the user: neither a name nor their id at the authorization server.</param>
    /// <returns>An owner of the kind <see cref="GrantOwnerKind.User"/>.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="id"/> is empty or white space, or holds a NUL character or an unpaired surrogate.
    /// </exception>
    public static GrantOwner User(string id) => new(Form.User, Validated(id, nameof(id)));

    /// <summary>Creates the owner for a user of an application that has several sets of users whose ids may collide.</summary>
    /// <param name="id">The application's own, stable id of the user.</param>
    /// <param name="scope">The name of the set of users, in letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</param>
    /// <returns>An owner of the kind <see cref="GrantOwnerKind.User"/>. In another scope, or in none, the id is another user.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="id"/> is empty or white space, or holds a NUL character or an unpaired surrogate; or <paramref name="scope"/> is
    /// empty or holds other characters.
    /// </exception>
    public static GrantOwner User(string id, string scope)
    {
        ArgumentException.ThrowIfNullOrEmpty(scope);
        return IsScope(scope)
            ? new(Form.ScopedUser, string.Concat(scope, ":", Validated(id, nameof(id))))
            : throw new ArgumentException("A scope of users is a name in letters, digits, '-', '_' and '.'.", nameof(scope));
    }

    /// <summary>
    /// Creates the owner for a subject of an issuer (OpenID Connect Core §2), so that equal subjects of two issuers are two owners. Users
    /// who sign in by an authorization server own their grants under it.
    /// </summary>
    /// <param name="issuer">The issuer identifier, which is compared character by character.</param>
    /// <param name="subject">The subject, such as the ID Token's <c>sub</c>.</param>
    /// <returns>An owner of the kind <see cref="GrantOwnerKind.Subject"/>.</returns>
    /// <exception cref="ArgumentException">One is empty or white space, or holds a NUL character or an unpaired surrogate.</exception>
    public static GrantOwner Subject(string issuer, string subject) =>
        new(Form.Subject, string.Concat(EscapeIssuer(Validated(issuer, nameof(issuer))), " ", Validated(subject, nameof(subject))));

    /// <summary>Creates the owner for a part of the application that no user owns, such as an account that all users work with.</summary>
    /// <param name="name">A name that the application chose. Never the name of a user.</param>
    /// <returns>An owner of the kind <see cref="GrantOwnerKind.Service"/>.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="name"/> is empty or white space, or holds a NUL character or an unpaired surrogate.
    /// </exception>
    public static GrantOwner Service(string name) => new(Form.Service, Validated(name, nameof(name)));

    /// <summary>Reads the text form that <see cref="ToString"/> writes.</summary>
    /// <param name="text">The text form, such as <c>user:42</c>.</param>
    /// <returns>The owner, equal to the one that wrote the text.</returns>
    /// <exception cref="FormatException"><paramref name="text"/> is not the text form of an owner.</exception>
    public static GrantOwner Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var owner)
            ? owner
            : throw new FormatException(
                "The text is not that of a grant owner. Write GrantOwner.ToString() where you store an owner; a bare id names no kind: use "
                    + "GrantOwner.User(id)."
            );
    }

    /// <summary>Reads the text form that <see cref="ToString"/> writes.</summary>
    /// <param name="text">The text form, such as <c>user:42</c>.</param>
    /// <param name="owner">The owner, or <see langword="null"/>.</param>
    /// <returns><see langword="true"/> if the text is the text form of an owner; otherwise, <see langword="false"/>.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out GrantOwner? owner)
    {
        owner = text switch
        {
            null => null,
            "client" => Client,
            _ when text.StartsWith("user:", StringComparison.Ordinal) && text[5..] is var id && IsValid(id) => new(Form.User, id),
            _ when text.StartsWith("user/", StringComparison.Ordinal)
                    && text[5..] is var scoped
                    && HasTwoParts(scoped, ScopeEnd)
                    && IsScope(scoped.AsSpan(0, scoped.IndexOf(ScopeEnd, StringComparison.Ordinal))) => new(Form.ScopedUser, scoped),
            _ when text.StartsWith("subject:", StringComparison.Ordinal)
                    && text[8..] is var subject
                    && HasTwoParts(subject, IssuerEnd)
                    && IsEscapedIssuer(subject[..subject.IndexOf(IssuerEnd, StringComparison.Ordinal)]) => new(Form.Subject, subject),
            _ when text.StartsWith("service:", StringComparison.Ordinal) && text[8..] is var name && IsValid(name) => new(
                Form.Service,
                name
            ),
            _ => null,
        };
        return owner is not null;
    }

    /// <inheritdoc/>
    static GrantOwner IParsable<GrantOwner>.Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <inheritdoc/>
    static bool IParsable<GrantOwner>.TryParse(
        [NotNullWhen(true)] string? s,
        IFormatProvider? provider,
        [MaybeNullWhen(false)] out GrantOwner result
    ) => TryParse(s, out result);

    /// <summary>
    /// Makes this owner the one that <c>ForCurrentUser()</c> means in the flow of calls that follows, until the result is disposed.
    /// Background work states its owner so, inside the work: a call that began within the scope and outlives it sends no request. The
    /// scope reaches HTTP clients only: <see cref="ICurrentGrantOwner"/>, and what revokes the current user's grant, continue to mean the
    /// request's user.
    /// </summary>
    /// <returns>The scope, to be disposed where the work ends.</returns>
    /// <exception cref="InvalidOperationException">The owner is the client itself.</exception>
    public IDisposable AsCurrentUser() =>
        !IsClient
            ? AmbientGrantOwner.Begin(this)
            : throw new InvalidOperationException(
                "The client itself is no user; for its own token register an HTTP client with ForClient()."
            );

    /// <summary>
    /// Makes <c>ForCurrentUser()</c> have no user in the flow of calls that follows, until the result is disposed, also inside a request
    /// of a signed-in user. A request that does not state its owner is not sent.
    /// </summary>
    /// <remarks>
    /// Start a queue, a loop or a timer that serves several users within this scope. .NET hands the ambient values of a request, the
    /// <c>HttpContext</c> among them, to all that is started there, and a long request (server-sent events, a WebSocket, a SignalR or
    /// Blazor Server connection) keeps its user for as long as it lasts. Each job then states its owner, inside the job, by
    /// <see cref="AsCurrentUser"/> or by <c>request.SetGrantOwner(owner)</c>. Disposing ends the scope for what began within it, too: such
    /// a task still sends no request, unless it states the owner. The scope reaches HTTP clients only, as that of
    /// <see cref="AsCurrentUser"/> does.
    /// </remarks>
    /// <returns>The scope, to be disposed where the loop has been started.</returns>
    /// <example>
    /// <code>
    /// using (GrantOwner.SuppressCurrentUser())
    ///     loop = Task.Run(RunAsync);
    /// // in RunAsync, for each job:
    /// using (job.Owner.AsCurrentUser())
    ///     await photos.ExportAsync();
    /// </code>
    /// </example>
    public static IDisposable SuppressCurrentUser() => AmbientGrantOwner.Begin(owner: null);

    /// <summary>Determines whether two owners are equal.</summary>
    /// <param name="one">The first owner.</param>
    /// <param name="other">The second owner.</param>
    /// <returns><see langword="true"/> if both are of the same kind and have the same id; otherwise, <see langword="false"/>.</returns>
    public static bool operator ==(GrantOwner? one, GrantOwner? other) => one is null ? other is null : one.Equals(other);

    /// <summary>Determines whether two owners differ.</summary>
    /// <param name="one">The first owner.</param>
    /// <param name="other">The second owner.</param>
    /// <returns><see langword="true"/> if the owners differ; otherwise, <see langword="false"/>.</returns>
    public static bool operator !=(GrantOwner? one, GrantOwner? other) => !(one == other);

    /// <inheritdoc/>
    public bool Equals(GrantOwner? other) =>
        ReferenceEquals(this, other)
        || (other is not null && hash == other.hash && form == other.form && string.Equals(value, other.value, StringComparison.Ordinal));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrantOwner);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <summary>
    /// Returns the text form, which <see cref="Parse"/> reads and which is the same for ever: <c>user:42</c>, <c>user/staff:42</c> in a
    /// scope, <c>subject:https://accounts.example.com 1001</c>, <c>service:billing</c> or <c>client</c>. In an issuer a space is written
    /// <c>%20</c> and a percent sign <c>%25</c>.
    /// </summary>
    /// <returns>The text form.</returns>
    public override string ToString() =>
        form switch
        {
            Form.Client => "client",
            Form.User => "user:" + value,
            Form.ScopedUser => "user/" + value,
            Form.Subject => "subject:" + value,
            _ => "service:" + value,
        };

    /// <summary>Creates the claims of a principal that stands for this owner.</summary>
    /// <param name="issuer">The server that vouches for the principal.</param>
    /// <returns>The claim that is read back, and the identifier that the application may use or replace.</returns>
    internal IReadOnlyList<Claim> ToClaims(string issuer) =>
        IsClient
            ? []
            :
            [
                // The default issuer, LOCAL AUTHORITY, tells this claim from one that another provider wrote.
                new(ClaimType, ToString()),
                new(ClaimTypes.NameIdentifier, form is Form.User ? value : ToString(), ClaimValueTypes.String, issuer),
            ];

    private static string Validated(string text, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text, parameter);
        return IsValid(text)
            ? text
            : throw new ArgumentException(
                "An owner's id holds a NUL character or an unpaired surrogate, which no store can keep; use the application's own id.",
                parameter
            );
    }

    // What UTF-8 cannot carry would be stored as another id, and NUL is refused by databases.
    private static bool IsValid(string text)
    {
        if (string.IsNullOrWhiteSpace(text))
            return false;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0' || (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i]))))
                return false;
        }
        return true;
    }

    private static bool HasTwoParts(string text, char separator) =>
        text.IndexOf(separator, StringComparison.Ordinal) is > 0 and var end && IsValid(text[..end]) && IsValid(text[(end + 1)..]);

    private static bool IsScope(ReadOnlySpan<char> scope)
    {
        foreach (char c in scope)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.'))
                return false;
        }
        return true;
    }

    private static string EscapeIssuer(string issuer) =>
        issuer.Replace("%", "%25", StringComparison.Ordinal).Replace(" ", "%20", StringComparison.Ordinal);

    private static string UnescapeIssuer(string escaped) =>
        escaped.Replace("%20", " ", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);

    // One text form for each owner: two spellings of one issuer would be two keys.
    private static bool IsEscapedIssuer(string escaped) =>
        string.Equals(EscapeIssuer(UnescapeIssuer(escaped)), escaped, StringComparison.Ordinal);
}
