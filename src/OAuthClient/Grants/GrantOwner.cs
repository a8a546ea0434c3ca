using System.Diagnostics.CodeAnalysis;
using System.Security.Claims;
using static OAuthClient.GrantOwnerSyntax;

namespace OAuthClient;

/// <summary>
/// Identifies the owner of a grant: a user of the application, a subject of an issuer, a service of the application, or the client itself.
/// The kind is part of the identity. A user id therefore never equals an owner of another kind, even where users choose their ids.
/// </summary>
/// <example>
/// <code>
/// using OAuthClient;
///
/// GrantOwner alice = GrantOwner.User("42");                                      // the application's own user id
/// GrantOwner signedIn = GrantOwner.Subject("https://accounts.example.com", "1001"); // iss and sub of an ID Token
/// GrantOwner billing = GrantOwner.Service("billing");                            // belongs to the application itself
/// string column = alice.ToString();                                              // "user:42", for example in a job table
/// GrantOwner again = GrantOwner.Parse(column);
/// </code>
/// </example>
public sealed class GrantOwner : IEquatable<GrantOwner>, IParsable<GrantOwner>
{
    /// <summary>
    /// The type of the claim that holds an owner's text form in principals that this library creates. The claim is read only if its issuer
    /// is <c>LOCAL AUTHORITY</c>, the default for claims that the application creates. The application must therefore validate the issuer
    /// of tokens: without that (JwtBearer with <c>ValidateIssuer = false</c>), a token with the issuer <c>LOCAL AUTHORITY</c> chooses the
    /// owner by its own claims.
    /// </summary>
    public const string ClaimType = "oauthclient.owner";

    private readonly Form form;
    private readonly int hash;

    // One string for all forms, because an owner is created for each request of a signed-in user, and equality then compares one string.
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

    /// <summary>Gets the owner that stands for the client itself, with its own credentials (RFC 6749 §4.4).</summary>
    public static GrantOwner Client { get; } = new(Form.Client, "");

    /// <summary>Gets the kind of the owner. It is part of the identity.</summary>
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
            Form.ScopedUser => After(value, ScopeEnd),
            Form.Subject => After(value, IssuerEnd),
            _ => value,
        };

    /// <summary>Gets the issuer that a <see cref="GrantOwnerKind.Subject"/> belongs to; <see langword="null"/> for other kinds.</summary>
    public string? Issuer => form is Form.Subject ? UnescapeIssuer(Before(value, IssuerEnd)) : null;

    /// <summary>Gets the scope within which a user's id is unique; <see langword="null"/> if there is one set of users.</summary>
    public string? Scope => form is Form.ScopedUser ? Before(value, ScopeEnd) : null;

    internal bool IsClient => form is Form.Client;

    /// <summary>Creates the owner for a user of the application.</summary>
    /// <param name="id">The application's own, stable id of the user; neither a name nor an id of the authorization server.</param>
    /// <returns>An owner of the kind <see cref="GrantOwnerKind.User"/>.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="id"/> is empty or white space, or holds a NUL character or an unpaired surrogate.
    /// </exception>
    public static GrantOwner User(string id) => new(Form.User, Validated(id, nameof(id)));

    /// <summary>Creates the owner for a user of an application that has several sets of users whose ids may collide.</summary>
    /// <param name="id">The application's own, stable id of the user.</param>
    /// <param name="scope">The name of the set of users, of ASCII letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</param>
    /// <returns>
    /// An owner of the kind <see cref="GrantOwnerKind.User"/>. The same id in another scope, or in none, is a different user.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="id"/> is empty or white space, or holds a NUL character or an unpaired surrogate; or <paramref name="scope"/> is
    /// empty or holds other characters.
    /// </exception>
    public static GrantOwner User(string id, string scope)
    {
        ArgumentException.ThrowIfNullOrEmpty(scope);
        return UrlSafeText.IsValid(scope)
            ? new(Form.ScopedUser, string.Concat(scope, ":", Validated(id, nameof(id))))
            : throw new ArgumentException("The scope of a user may contain ASCII letters, digits, '-', '_' and '.' only.", nameof(scope));
    }

    /// <summary>
    /// Creates the owner for a subject of an issuer (OpenID Connect Core §2). Equal subjects of two issuers are two owners. The grants of
    /// users who sign in with an authorization server belong to such owners.
    /// </summary>
    /// <param name="issuer">The issuer identifier, which is compared character by character.</param>
    /// <param name="subject">The subject, such as the ID Token's <c>sub</c>.</param>
    /// <returns>An owner of the kind <see cref="GrantOwnerKind.Subject"/>.</returns>
    /// <exception cref="ArgumentException">One is empty or white space, or holds a NUL character or an unpaired surrogate.</exception>
    public static GrantOwner Subject(string issuer, string subject) =>
        new(Form.Subject, string.Concat(EscapeIssuer(Validated(issuer, nameof(issuer))), " ", Validated(subject, nameof(subject))));

    /// <summary>Creates the owner for a part of the application that belongs to no user, such as an account that all users share.</summary>
    /// <param name="name">A name that the application chose, and not the name of a user.</param>
    /// <returns>An owner of the kind <see cref="GrantOwnerKind.Service"/>.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="name"/> is empty or white space, or holds a NUL character or an unpaired surrogate.
    /// </exception>
    public static GrantOwner Service(string name) => new(Form.Service, Validated(name, nameof(name)));

    /// <summary>Parses the text form that <see cref="ToString"/> returns.</summary>
    /// <param name="text">The text form, such as <c>user:42</c>.</param>
    /// <returns>The owner.</returns>
    /// <exception cref="FormatException"><paramref name="text"/> is not the text form of an owner.</exception>
    public static GrantOwner Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var owner)
            ? owner
            : throw new FormatException(
                "The text is not the text form of a grant owner. Store the result of GrantOwner.ToString(), which includes the kind. For "
                    + "a user id without a kind, use GrantOwner.User(id)."
            );
    }

    /// <summary>Parses the text form that <see cref="ToString"/> returns.</summary>
    /// <param name="text">The text form, such as <c>user:42</c>.</param>
    /// <param name="owner">The owner, or <see langword="null"/> if the text is not valid.</param>
    /// <returns><see langword="true"/> if the text is the text form of an owner; otherwise, <see langword="false"/>.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out GrantOwner? owner)
    {
        owner = null;
        if (text == "client")
            owner = Client;
        else if (text?.AsSpan().IndexOfAny(':', '/') is > 0 and var end)
        {
            string parts = text[(end + 1)..];
            Form? read = text.AsSpan(0, end + 1) switch
            {
                "user:" when IsValid(parts) => Form.User,
                "user/" when HasTwoParts(parts, ScopeEnd) && UrlSafeText.IsValid(Before(parts, ScopeEnd)) => Form.ScopedUser,
                "subject:" when HasTwoParts(parts, IssuerEnd) && IsEscapedIssuer(Before(parts, IssuerEnd)) => Form.Subject,
                "service:" when IsValid(parts) => Form.Service,
                _ => null,
            };
            owner = read is { } known ? new(known, parts) : null;
        }
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
    /// Sets this owner as the current user of HTTP clients with <c>ForCurrentUser()</c>, in the current asynchronous control flow, until
    /// the result is disposed.
    /// </summary>
    /// <remarks>
    /// Background work calls this method inside the work. A call that started within the scope and continues after its end sends no
    /// request. The scope affects HTTP clients only: <see cref="ICurrentGrantOwner"/>, and methods that revoke the current user's grants,
    /// still use the user of the request.
    /// </remarks>
    /// <returns>The scope; dispose it when the work ends.</returns>
    /// <exception cref="InvalidOperationException">The owner is the client itself.</exception>
    public IDisposable AsCurrentUser() =>
        !IsClient
            ? AmbientGrantOwner.Begin(this)
            : throw new InvalidOperationException(
                "The client itself is not a user. For the client's own token, register an HTTP client with ForClient()."
            );

    /// <summary>
    /// Removes the current user of HTTP clients with <c>ForCurrentUser()</c> in the current asynchronous control flow, until the result is
    /// disposed, also within a request of a signed-in user. A request that does not state its owner is not sent.
    /// </summary>
    /// <remarks>
    /// Start a queue, a loop or a timer that serves several users within this scope. Otherwise .NET passes the ambient values of the
    /// current request, including the <c>HttpContext</c>, to all work that starts there, and a long request (server-sent events, a
    /// WebSocket, a SignalR or Blazor Server connection) keeps its user until it ends. Each job then states its owner, inside the job, with
    /// <see cref="AsCurrentUser"/> or <c>request.SetGrantOwner(owner)</c>. After the scope is disposed, a task that started within it still
    /// sends no request that does not state its owner. The scope affects HTTP clients only, as that of <see cref="AsCurrentUser"/> does.
    /// </remarks>
    /// <returns>The scope; dispose it after the loop is started.</returns>
    /// <example>
    /// <code>
    /// using System.Threading.Channels;
    /// using OAuthClient;
    ///
    /// var jobs = Channel.CreateUnbounded&lt;GrantOwner&gt;();
    /// using (GrantOwner.SuppressCurrentUser())
    ///     _ = Task.Run(RunAsync);
    ///
    /// async Task RunAsync()
    /// {
    ///     await foreach (GrantOwner owner in jobs.Reader.ReadAllAsync())
    ///         using (owner.AsCurrentUser())
    ///             Console.WriteLine($"Requests sent here carry the token of {owner}.");
    /// }
    /// </code>
    /// </example>
    public static IDisposable SuppressCurrentUser() => AmbientGrantOwner.Begin(owner: null);

    /// <summary>Determines whether two owners are equal.</summary>
    /// <param name="one">The first owner.</param>
    /// <param name="other">The second owner.</param>
    /// <returns><see langword="true"/> if both have the same text form; otherwise, <see langword="false"/>.</returns>
    public static bool operator ==(GrantOwner? one, GrantOwner? other) => one is null ? other is null : one.Equals(other);

    /// <summary>Determines whether two owners differ.</summary>
    /// <param name="one">The first owner.</param>
    /// <param name="other">The second owner.</param>
    /// <returns><see langword="true"/> if the owners differ; otherwise, <see langword="false"/>.</returns>
    public static bool operator !=(GrantOwner? one, GrantOwner? other) => !(one == other);

    /// <inheritdoc/>
    public bool Equals(GrantOwner? other) =>
        ReferenceEquals(this, other) || (other is not null && hash == other.hash && form == other.form && value == other.value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GrantOwner);

    /// <inheritdoc/>
    public override int GetHashCode() => hash;

    /// <summary>
    /// Returns the text form, which <see cref="Parse"/> reads: <c>user:42</c>, <c>user/staff:42</c> in a scope,
    /// <c>subject:https://accounts.example.com 1001</c>, <c>service:billing</c> or <c>client</c>. In an issuer, a space is written
    /// <c>%20</c> and a percent sign <c>%25</c>. The text form is safe to store; it does not change in later versions.
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

    /// <summary>
    /// Creates the claim that holds this owner in a principal, and the name identifier, which the application may replace.
    /// </summary>
    /// <param name="issuer">The server that identified the user.</param>
    /// <returns>The claims; empty for the client itself.</returns>
    internal IReadOnlyList<Claim> ToClaims(string issuer) =>
        IsClient
            ? []
            :
            [
                // The default issuer, LOCAL AUTHORITY, distinguishes this claim from a claim of another provider.
                new(ClaimType, ToString()),
                new(ClaimTypes.NameIdentifier, form is Form.User ? value : ToString(), ClaimValueTypes.String, issuer),
            ];

    private static string Validated(string text, string parameter)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text, parameter);
        return IsValid(text)
            ? text
            : throw new ArgumentException(
                "The id of an owner contains a NUL character or an unpaired surrogate, which no store can save. Use the "
                    + "application's own id.",
                parameter
            );
    }
}
