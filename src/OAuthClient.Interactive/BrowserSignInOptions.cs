using System.Net;
using System.Reflection;

namespace OAuthClient.Interactive;

/// <summary>Options of a sign-in with the system's browser.</summary>
public sealed class BrowserSignInOptions
{
    /// <summary>
    /// Gets or sets the owner of the grant. The default is <c>GrantOwner.User("me")</c>, for a program with one user.
    /// </summary>
    public GrantOwner Owner { get; set; } = GrantOwner.User("me");

    /// <summary>
    /// Gets or sets the redirect URI: <c>http</c> on a loopback address without regard to the port, or an address of a custom scheme with
    /// <see cref="WaitForActivationAsync"/> (RFC 8252 §7.1, §7.3). The client must have it too. The default is
    /// <c>http://127.0.0.1/callback</c>; where IPv4 is turned off, set <c>http://[::1]/callback</c>.
    /// </summary>
    public Uri RedirectUri { get; set; } = new("http://127.0.0.1/callback");

    /// <summary>
    /// Gets or sets the ports to listen on, for a server that accepts only registered ports. The first one that is free is used. The
    /// default is an empty list: any free port.
    /// </summary>
    public IList<int> Ports { get; set; } = [];

    /// <summary>
    /// Gets or sets the delegate that waits until the operating system activates the program with an address of the custom scheme of
    /// <see cref="RedirectUri"/>, and returns that address. It is called again for an address that does not belong to this authorization.
    /// The default is <see langword="null"/>: the redirect URI has a loopback address.
    /// </summary>
    public Func<CancellationToken, Task<Uri>>? WaitForActivationAsync { get; set; }

    /// <summary>Gets or sets the parameters of the authorization request. The default is <see langword="null"/>.</summary>
    public AuthorizationParameters? Parameters { get; set; }

    /// <summary>
    /// Gets or sets the name of the program on the page that the browser shows at the end. The default is the name of the entry assembly.
    /// </summary>
    public string ApplicationName { get; set; } = Assembly.GetEntryAssembly()?.GetName().Name ?? "the program";

    /// <summary>Gets or sets the time within which the browser must come back. The default is 5 minutes.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Gets or sets the delegate that opens the browser, and returns <see langword="false"/> if there is none. The default starts the
    /// browser of the system, without a shell.
    /// </summary>
    public Func<Uri, CancellationToken, Task<bool>> OpenBrowserAsync { get; set; } = SystemBrowser.OpenAsync;

    /// <summary>
    /// Gets or sets where the address is written if no browser could be opened. The default is the error output of the console.
    /// </summary>
    public TextWriter Output { get; set; } = Console.Error;

    /// <summary>Gets or sets the clock. The default is the clock of the system.</summary>
    internal TimeProvider Time { get; set; } = TimeProvider.System;

    internal bool IsLoopback => RedirectUri.Scheme == Uri.UriSchemeHttp;

    /// <summary>Requires that options can be used together.</summary>
    /// <exception cref="ArgumentException">An option cannot be used. The message states what to set.</exception>
    internal static void Validate(BrowserSignInOptions options)
    {
        if (FindFailure(options) is { } failure)
            throw new ArgumentException(failure, nameof(options));
    }

    private static string? FindFailure(BrowserSignInOptions o)
    {
        if (o.Owner is null || o.RedirectUri is null)
            return "Owner or RedirectUri is null; leave it out for the default.";
        if (o.Timeout <= TimeSpan.Zero || o.Timeout > TimeSpan.FromHours(1))
            return "Timeout must be greater than zero and at most one hour.";
        if (!o.RedirectUri.IsAbsoluteUri || o.RedirectUri.Scheme == Uri.UriSchemeHttps)
            return "RedirectUri must be http on 127.0.0.1 or [::1], or an address of a custom scheme; a program cannot receive https.";
        if (!o.IsLoopback && o.WaitForActivationAsync is null)
            return $"RedirectUri has the custom scheme '{o.RedirectUri.Scheme}'; set WaitForActivationAsync, which returns the address "
                + "with which the operating system activates the program.";
        // RFC 8252 §8.3: a name could be resolved to another interface.
        if (o.IsLoopback && !(IPAddress.TryParse(o.RedirectUri.IdnHost, out var address) && IPAddress.IsLoopback(address)))
            return "RedirectUri must have the address 127.0.0.1 or [::1]; a name such as localhost can belong to another interface "
                + "(RFC 8252 §8.3).";
        return o.Ports.Any(port => port is < 1 or > IPEndPoint.MaxPort)
            ? "Ports holds a number that is not a port; leave it empty for any free port."
            : null;
    }
}
