using System.Runtime.CompilerServices;

namespace OAuthClient;

/// <summary>
/// States the owner of the access tokens that the requests of an HTTP client carry, the origins that they may be sent to, and optionally
/// their scopes and resources. One owner and at least one origin are required.
/// </summary>
public sealed partial class AccessTokenHandlerOptions
{
    private readonly List<Uri> origins = [];
    private readonly List<string> scopes = [];
    private readonly List<Uri> resources = [];
    private AuthorizationDetails? authorizationDetails;
    private string? ownerStatedBy;

    /// <summary>Gets the delegate that creates the source of the access tokens.</summary>
    internal Func<AccessTokenSource.Context, AccessTokenSource>? CreateSource { get; private set; }

    /// <summary>Gets a value indicating whether the requests of several owners share the handlers.</summary>
    internal bool ServesManyOwners { get; private set; }
    internal bool AllowsServiceDiscovery { get; private set; }
    internal bool AllowsCookies { get; private set; }
    internal IReadOnlyList<Uri> Origins => origins;
    internal AccessTokenKey Selection => new(scopes, ResourceIndicators.Checked(resources), grantId: null, authorizationDetails);

    /// <summary>
    /// Uses the access token of the current user: the owner that <c>request.SetGrantOwner(owner)</c> set, or else the one that
    /// <see cref="GrantOwner.AsCurrentUser"/> set, or else the one that <see cref="ICurrentGrantOwner"/> finds.
    /// </summary>
    /// <remarks>
    /// <para>
    /// In ASP.NET Core, <see cref="ICurrentGrantOwner"/> finds the user of the <c>HttpContext</c>. It cannot distinguish code of the
    /// request from work that the request started: .NET passes the same context to both until the request ends. A queue that starts lazily
    /// in the long request of one user (server-sent events, a WebSocket, a SignalR or Blazor Server connection) would run all its jobs as
    /// that user. After the request has ended there is no user, and nothing is sent.
    /// </para>
    /// <para>
    /// Background work therefore starts within <see cref="GrantOwner.SuppressCurrentUser"/>, and each job states its owner, inside the job,
    /// with <see cref="GrantOwner.AsCurrentUser"/> or <c>request.SetGrantOwner(owner)</c>. Set <paramref name="requireExplicitOwner"/> if
    /// not all background work is known to do so, and where there is no <c>HttpContext</c>, as in hubs and in Blazor Server.
    /// </para>
    /// <para>
    /// In every mode, work that starts within a scope of <see cref="GrantOwner.AsCurrentUser"/> uses that owner until the scope is
    /// disposed. Put the scope around the calls, and not around code that may start other work.
    /// </para>
    /// </remarks>
    /// <param name="requireExplicitOwner">
    /// <see langword="true"/> to read the owner only from <c>request.SetGrantOwner(owner)</c> and <see cref="GrantOwner.AsCurrentUser"/>,
    /// and never from <see cref="ICurrentGrantOwner"/>; a request that states no owner is not sent. The default is <see langword="false"/>.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">The owner was already stated.</exception>
    public AccessTokenHandlerOptions ForCurrentUser(bool requireExplicitOwner = false) =>
        From(context => new CurrentUserTokenSource(context, requireExplicitOwner), servesManyOwners: true);

    /// <summary>
    /// Uses the access token of the owner that <c>request.SetGrantOwner(owner)</c> sets on each request, for work on behalf of several
    /// owners. A request without an owner is not sent.
    /// </summary>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">The owner was already stated.</exception>
    public AccessTokenHandlerOptions ForRequestOwner() => From(context => new RequestOwnerTokenSource(context), servesManyOwners: true);

    /// <summary>
    /// Uses the access token of one owner for every request, in a console application or in a worker whose grant belongs to the
    /// application.
    /// </summary>
    /// <param name="owner">
    /// The owner, as passed to <c>CompleteAuthorizationAsync</c>: <c>GrantOwner.User("me")</c> if the program has one user,
    /// <see cref="GrantOwner.Service"/> if the grant belongs to the application.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">The owner was already stated.</exception>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is the client itself.</exception>
    public AccessTokenHandlerOptions ForOwner(GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException("For the client's own token call ForClient().", nameof(owner));
        return From(context => new FixedOwnerTokenSource(context, owner), servesManyOwners: false);
    }

    /// <summary>Uses the client's own access token, requested with the client credentials (RFC 6749 §4.4).</summary>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">The owner was already stated.</exception>
    public AccessTokenHandlerOptions ForClient() =>
        From(context => new FixedOwnerTokenSource(context, GrantOwner.Client), servesManyOwners: false);

    /// <summary>
    /// Allows an origin: the access token is sent only to requests with the same scheme, host and port. A request to another origin is not
    /// sent, also if a handler of the HTTP client changes its address.
    /// </summary>
    /// <param name="origin">
    /// The origin, such as <c>https://api.example.com</c>, without a path. With <see cref="AllowServiceDiscovery"/> also the name of a
    /// service, such as <c>https+http://photos-api</c>.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="origin"/> is not an origin, or has the scheme <c>http</c> and is not on this machine.
    /// </exception>
    public AccessTokenHandlerOptions To(string origin)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(origin);
        if (FindOrigin(origin) is not { } uri || !IsSafe(uri))
        {
            throw new ArgumentException(
                $"'{origin}' is not an origin that an access token may be sent to. Write scheme, host and port, such as "
                    + "https://api.example.com; http is allowed only for this machine, and by DangerouslyToHttp(…).",
                nameof(origin)
            );
        }
        origins.Add(uri);
        return this;
    }

    /// <summary>Allows an origin, as <see cref="To(string)"/> does.</summary>
    /// <param name="origin">The origin, without a path.</param>
    /// <returns>These options.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="origin"/> is not an origin, or has the scheme <c>http</c> and is not on this machine.
    /// </exception>
    public AccessTokenHandlerOptions To(Uri origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return To(origin.OriginalString);
    }

    /// <summary>
    /// Requests an access token with some of the granted scopes (RFC 6749 §6). Without this call it has all of them, and the client's own
    /// access token has the scopes of the client's options.
    /// </summary>
    /// <remarks>
    /// Many servers narrow the whole grant when a refresh requests fewer scopes: the next access token for all scopes then has only these.
    /// The library notices it, updates <see cref="Grant.Scopes"/> and logs event 353; where more is needed, the user must authorize again.
    /// Use this method only with a server that keeps the grant, or authorize the narrower scopes as a grant of their own.
    /// </remarks>
    /// <param name="narrower">The scopes.</param>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions WithScopes(params IEnumerable<string> narrower)
    {
        scopes.AddRange(narrower);
        return this;
    }

    /// <summary>
    /// Requests an access token for some protected resources (RFC 8707 §2.2). Without this call it is for the resources of the grant, and
    /// the client's own access token for those of the client's options.
    /// </summary>
    /// <param name="protectedResources">Absolute URIs without a fragment.</param>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions WithResources(params IEnumerable<Uri> protectedResources)
    {
        resources.AddRange(protectedResources);
        return this;
    }

    /// <summary>
    /// Requests an access token with a part of the granted authorization details (RFC 9396 §6). Without this call it has all of them, and
    /// the client's own access token has those of the client's options.
    /// </summary>
    /// <param name="details">The authorization details.</param>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions WithAuthorizationDetails(AuthorizationDetails details)
    {
        ArgumentNullException.ThrowIfNull(details);
        authorizationDetails = details;
        return this;
    }

    /// <summary>
    /// Allows any handler of the HTTP client to replace the host name that <see cref="To(string)"/> states with the address of an instance.
    /// Without this call, a request is not sent if a handler changed its address to another origin, except for <c>AddServiceDiscovery()</c>
    /// of Microsoft.Extensions.ServiceDiscovery, for this HTTP client or for all, as in the service defaults of .NET Aspire.
    /// </summary>
    /// <remarks>
    /// The address that the application wrote is checked against the allowed origins before any handler runs. A handler may then change the
    /// host and the port only. Path and query must not change, nor the scheme, except from <c>https+http</c> to <c>https</c>, or to
    /// <c>http</c> on this machine. A <c>Host</c> header must be the stated host or the resolved one. Microsoft.Extensions.ServiceDiscovery
    /// may also put the path of an instance before that of the request, and no other handler may change the result.
    /// </remarks>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions AllowServiceDiscovery()
    {
        AllowsServiceDiscovery = true;
        return this;
    }

    /// <summary>
    /// Allows cookies in an HTTP client that serves more than one owner. Cookies of one owner can then be sent with the access token of
    /// another owner, because all owners share the primary handler and the default headers. A warning is logged once.
    /// </summary>
    /// <remarks>
    /// Without this call, cookies are turned off in the primary handler of an HTTP client with <see cref="ForCurrentUser"/> or
    /// <see cref="ForRequestOwner"/>, and a request with a <c>Cookie</c> header is not sent. The call has no effect on an HTTP client with
    /// one owner, which keeps its cookies. An application that sets the <c>Cookie</c> header of each request calls this method, and sets
    /// <c>UseCookies</c> of the primary handler to <see langword="false"/>.
    /// </remarks>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions DangerouslyAllowCookies()
    {
        AllowsCookies = true;
        return this;
    }

    /// <exception cref="InvalidOperationException">The owner or the origin is not stated.</exception>
    internal void EnsureComplete(string httpClientName)
    {
        if (ownerStatedBy is null)
        {
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': state whose access token the requests carry: ForCurrentUser(), ForOwner(owner), "
                    + "ForRequestOwner() or ForClient()."
            );
        }
        if (origins.Count == 0 && GrantAddress is null)
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': state where the access token may be sent, for example To(\"https://api.example.com\")."
            );
        if (StepUp is not null && ownerStatedBy == nameof(ForClient))
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': the client's own token has no user who could authorize again; remove "
                    + "ReauthorizeWhenChallenged()."
            );
        if (GrantAddress is not null && ownerStatedBy == nameof(ForClient))
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': the client's own token has no grant that states an address. State the origins of the API "
                    + "with To(…), or an owner other than ForClient()."
            );
        if (!AllowsServiceDiscovery && origins.Find(IsToBeResolved) is { } name)
        {
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': To(\"{name.OriginalString}\") is a name that a handler resolves. "
                    + "Call AllowServiceDiscovery() as well, or use the scheme https."
            );
        }
    }

    private static Uri? FindOrigin(string text) =>
        Uri.TryCreate(
            text.StartsWith("wss://", StringComparison.OrdinalIgnoreCase) ? "https" + text[3..]
                : text.StartsWith("ws://", StringComparison.OrdinalIgnoreCase) ? "http" + text[2..]
                : text,
            UriKind.Absolute,
            out var uri
        )
        && uri.UserInfo.Length + uri.Fragment.Length == 0
        && uri.PathAndQuery == "/"
            ? uri
            : null;

    private static bool IsSafe(Uri origin) =>
        EndpointSecurity.IsSafe(origin, allowHttpOnLoopback: true)
        || (IsToBeResolved(origin) && !string.IsNullOrEmpty(EndpointSecurity.HostOf(origin)));

    private static bool IsToBeResolved(Uri origin) => origin.Scheme == AllowedOrigin.HttpsOrHttp;

    private AccessTokenHandlerOptions From(
        Func<AccessTokenSource.Context, AccessTokenSource> createSource,
        bool servesManyOwners,
        [CallerMemberName] string by = ""
    )
    {
        if (ownerStatedBy is not null)
            throw new InvalidOperationException(
                $"The owner of the access token is stated twice: {ownerStatedBy} and {by}. An HTTP client uses the access tokens of one "
                    + "kind of owner; register two HTTP clients."
            );
        (ownerStatedBy, CreateSource, ServesManyOwners) = (by, createSource, servesManyOwners);
        return this;
    }
}
