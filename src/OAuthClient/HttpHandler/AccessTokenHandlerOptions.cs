namespace OAuthClient;

/// <summary>Whose access token an HTTP client's requests carry, and where they may go with it. One owner and at least one origin must be stated.</summary>
public sealed class AccessTokenHandlerOptions
{
    private readonly List<Uri> origins = [];
    private readonly List<string> scopes = [];
    private readonly List<Uri> resources = [];
    private string? ownerStatedBy;

    internal GrantOwner? Owner { get; private set; }
    internal bool IsForCurrentUser { get; private set; }
    internal bool ServesManyOwners => Owner is null;
    internal bool AllowsServiceDiscovery { get; private set; }
    internal bool AllowsCookies { get; private set; }
    internal bool RequiresExplicitOwner { get; private set; }
    internal IReadOnlyList<Uri> Origins => origins;
    internal AccessTokenKey Selection => new(scopes, ResourceIndicators.Checked(resources));

    /// <summary>
    /// Attaches the current user's token: of the owner that <c>request.SetGrantOwner(owner)</c> states, or else of the one that
    /// <see cref="GrantOwner.AsCurrentUser"/> states, or else of the one that <see cref="ICurrentGrantOwner"/> finds.
    /// </summary>
    /// <remarks>
    /// <para>
    /// In ASP.NET Core <see cref="ICurrentGrantOwner"/> finds the user of the <c>HttpContext</c>. Code that belongs to the request and work
    /// that the request merely started cannot be told apart: .NET hands the same context to both, for as long as the request lasts. A queue
    /// that starts lazily in one user's long request (server-sent events, a WebSocket, a SignalR or Blazor Server connection) would do all
    /// its jobs as that user. When the request is over there is no user, and nothing is sent.
    /// </para>
    /// <para>
    /// Background work therefore starts within <see cref="GrantOwner.SuppressCurrentUser"/>, and each job states its owner, inside the job, by
    /// <see cref="GrantOwner.AsCurrentUser"/> or <c>request.SetGrantOwner(owner)</c>. Set <paramref name="requireExplicitOwner"/> where you
    /// cannot be sure that all background work does so, and where there is no <c>HttpContext</c>, as in hubs and in Blazor Server.
    /// </para>
    /// <para>
    /// What no mode can tell: work that is started while a scope of <see cref="GrantOwner.AsCurrentUser"/> is open acts for that owner
    /// until the scope is disposed. Put the scope around the calls, and not around code that may start something.
    /// </para>
    /// </remarks>
    /// <param name="requireExplicitOwner">
    /// <see langword="true"/> to take the owner from <c>request.SetGrantOwner(owner)</c> and <see cref="GrantOwner.AsCurrentUser"/> only,
    /// and never from <see cref="ICurrentGrantOwner"/>; a request that states no owner is not sent. The default is <see langword="false"/>.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">Another owner was stated before.</exception>
    public AccessTokenHandlerOptions ForCurrentUser(bool requireExplicitOwner = false)
    {
        StateOwner(nameof(ForCurrentUser));
        IsForCurrentUser = true;
        RequiresExplicitOwner = requireExplicitOwner;
        return this;
    }

    /// <summary>
    /// The token of the owner that each request names by <c>request.SetGrantOwner(owner)</c>; one that names none is not sent. For work on
    /// behalf of many.
    /// </summary>
    /// <exception cref="InvalidOperationException">Another owner was stated before.</exception>
    public AccessTokenHandlerOptions ForRequestOwner()
    {
        StateOwner(nameof(ForRequestOwner));
        return this;
    }

    /// <summary>
    /// Attaches the token of one owner to every request: for a console application, or for a worker whose grant belongs to the application.
    /// </summary>
    /// <param name="owner">
    /// The owner, as given to <c>CompleteAuthorizationAsync</c>: <c>GrantOwner.User("me")</c> where the program has one user,
    /// <see cref="GrantOwner.Service"/> for what belongs to the application.
    /// </param>
    /// <returns>These options.</returns>
    /// <exception cref="InvalidOperationException">Another owner was stated before.</exception>
    /// <exception cref="ArgumentException"><paramref name="owner"/> is the client itself.</exception>
    public AccessTokenHandlerOptions ForOwner(GrantOwner owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.IsClient)
            throw new ArgumentException("For the client's own token call ForClient().", nameof(owner));
        StateOwner(nameof(ForOwner));
        Owner = owner;
        return this;
    }

    /// <summary>The client's own token, by client credentials (RFC 6749 §4.4).</summary>
    /// <exception cref="InvalidOperationException">Another owner was stated before.</exception>
    public AccessTokenHandlerOptions ForClient()
    {
        StateOwner(nameof(ForClient));
        Owner = GrantOwner.Client;
        return this;
    }

    /// <summary>
    /// Where the token may go: scheme, host and port must be the same. A request to anywhere else is not sent at all, also if a handler of
    /// the HTTP client changes its address.
    /// </summary>
    /// <param name="origin">
    /// Such as <c>https://api.example.com</c>; a path is not looked at and so not allowed. With
    /// <see cref="AllowServiceDiscovery"/> also the name of a service, such as <c>https+http://photos-api</c>.
    /// </param>
    /// <exception cref="ArgumentException">It is no origin, or plain http beyond this machine.</exception>
    public AccessTokenHandlerOptions To(string origin)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(origin);
        if (
            !Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            || !IsSafe(uri)
            || uri.UserInfo.Length > 0
            || uri.PathAndQuery != "/"
            || uri.Fragment.Length > 0
        )
        {
            throw new ArgumentException(
                $"'{origin}' is no origin that a token may go to; write scheme, host and port, such as https://api.example.com (http only for this machine).",
                nameof(origin)
            );
        }
        origins.Add(uri);
        return this;
    }

    /// <summary>The same as <see cref="To(string)"/>.</summary>
    /// <param name="origin">An address without path or query.</param>
    /// <exception cref="ArgumentException">It is no origin, or plain http beyond this machine.</exception>
    public AccessTokenHandlerOptions To(Uri origin)
    {
        ArgumentNullException.ThrowIfNull(origin);
        return To(origin.OriginalString);
    }

    /// <summary>A token with these scopes only (RFC 6749 §6), instead of everything that was granted.</summary>
    /// <param name="narrower">The scopes.</param>
    public AccessTokenHandlerOptions WithScopes(params IEnumerable<string> narrower)
    {
        scopes.AddRange(narrower);
        return this;
    }

    /// <summary>A token for these protected resources (RFC 8707 §2.2), instead of the registration's.</summary>
    /// <param name="protectedResources">Absolute URIs without fragment.</param>
    public AccessTokenHandlerOptions WithResources(params IEnumerable<Uri> protectedResources)
    {
        resources.AddRange(protectedResources);
        return this;
    }

    /// <summary>
    /// Declares that a handler of the HTTP client replaces the host name that <see cref="To(string)"/> states by the address of an
    /// instance, as <c>AddServiceDiscovery()</c> of Microsoft.Extensions.ServiceDiscovery does. Without this declaration, a request whose
    /// address a handler changed to an origin that is not stated is not sent.
    /// </summary>
    /// <remarks>
    /// The application's requests are still checked against the stated origins before any handler runs. A handler may then change the host
    /// and port only: path and query must stay as they were, and so must the scheme, except that the scheme <c>https+http</c> becomes
    /// <c>https</c>, or <c>http</c> on this machine. A <c>Host</c> header must name the stated host or the resolved one.
    /// </remarks>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions AllowServiceDiscovery()
    {
        AllowsServiceDiscovery = true;
        return this;
    }

    /// <summary>
    /// Leaves cookies to the application, although the HTTP client serves more than one owner. Cookies of one owner can then be sent with
    /// the access token of another, because all owners share the primary handler and the default headers. Off by default. It is
    /// logged once when on.
    /// </summary>
    /// <remarks>
    /// Without this call, an HTTP client with <see cref="ForCurrentUser"/> or <see cref="ForRequestOwner"/> has cookies turned off in its
    /// primary handler, and a request that carries a <c>Cookie</c> header is not sent. The call has no effect on an HTTP client with one
    /// owner, which keeps its cookies. An application that sets the <c>Cookie</c> header of each request itself calls this method and sets
    /// <c>UseCookies</c> of the primary handler to <see langword="false"/>.
    /// </remarks>
    /// <returns>These options.</returns>
    public AccessTokenHandlerOptions DangerouslyAllowCookies()
    {
        AllowsCookies = true;
        return this;
    }

    /// <exception cref="InvalidOperationException">The owner or the origin is not stated.</exception>
    internal void RequireComplete(string httpClientName)
    {
        if (ownerStatedBy is null)
        {
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': say whose access token the requests carry: ForCurrentUser(), ForOwner(owner), "
                    + "ForRequestOwner() or ForClient()."
            );
        }
        if (origins.Count == 0)
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': say where the access token may go, for example To(\"https://api.example.com\")."
            );
        if (!AllowsServiceDiscovery && origins.Find(IsToBeResolved) is { } name)
        {
            throw new InvalidOperationException(
                $"HTTP client '{httpClientName}': To(\"{name.OriginalString}\") is a name that a handler resolves; "
                    + "call AllowServiceDiscovery() as well, or state the scheme https."
            );
        }
    }

    private static bool IsSafe(Uri origin) =>
        EndpointSecurity.IsSafe(origin, allowHttpOnLoopback: true)
        || (IsToBeResolved(origin) && !string.IsNullOrEmpty(EndpointSecurity.HostOf(origin)));

    private static bool IsToBeResolved(Uri origin) => string.Equals(origin.Scheme, AllowedOrigin.HttpsOrHttp, StringComparison.Ordinal);

    private void StateOwner(string by)
    {
        if (ownerStatedBy is not null)
            throw new InvalidOperationException(
                $"The owner of the access token is stated twice: {ownerStatedBy} and {by}. One HTTP client carries one kind of token; register two clients."
            );
        ownerStatedBy = by;
    }
}
