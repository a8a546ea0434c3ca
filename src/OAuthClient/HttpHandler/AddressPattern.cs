using System.Buffers;
using System.Collections.Frozen;

namespace OAuthClient;

/// <summary>
/// A pattern of the origins that the API of a grant may have: <c>https</c>, a host whose first labels may be any (<c>*.</c>), and a port.
/// </summary>
internal sealed class AddressPattern
{
    private const string Wildcard = "*.";
    private const string Start = "https://";

    // Below a country's domain, hosts under these names have different owners.
    private static readonly FrozenSet<string> PublicNames = FrozenSet.Create([
        "ac",
        "co",
        "com",
        "edu",
        "gen",
        "go",
        "gob",
        "gouv",
        "gov",
        "gv",
        "id",
        "info",
        "ltd",
        "me",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
    ]);

    // Domains of hosting providers, whose customers register hosts below them.
    private static readonly FrozenSet<string> SharedHostingDomains = FrozenSet.Create([
        "amazonaws.com",
        "appspot.com",
        "azure-api.net",
        "azurecontainerapps.io",
        "azurefd.net",
        "azurestaticapps.net",
        "azurewebsites.net",
        "blob.core.windows.net",
        "blogspot.com",
        "cloudapp.azure.com",
        "cloudapp.net",
        "cloudfront.net",
        "firebaseapp.com",
        "fly.dev",
        "github.io",
        "gitlab.io",
        "herokuapp.com",
        "lambda-url.on.aws",
        "netlify.app",
        "ngrok.app",
        "ngrok.io",
        "ngrok-free.app",
        "ondigitalocean.app",
        "onrender.com",
        "pages.dev",
        "railway.app",
        "run.app",
        "s3.amazonaws.com",
        "trafficmanager.net",
        "trycloudflare.com",
        "vercel.app",
        "web.app",
        "web.core.windows.net",
        "windows.net",
        "workers.dev",
    ]);

    // No user information, no encoded character, no international name, which another program could read differently.
    private static readonly SearchValues<char> AuthorityCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:-"
    );

    private readonly Uri origin;
    private readonly bool isWildcard;

    private AddressPattern(string text, Uri origin, bool isWildcard) => (Text, this.origin, this.isWildcard) = (text, origin, isWildcard);

    public string Text { get; }

    /// <summary>Parses a pattern.</summary>
    /// <param name="text">The pattern.</param>
    /// <param name="parameterName">The name of the caller's parameter, for the message.</param>
    /// <exception cref="ArgumentException">The text is not a pattern.</exception>
    public static AddressPattern Parse(string text, string parameterName)
    {
        bool anyHost = text.StartsWith(Start + Wildcard, StringComparison.OrdinalIgnoreCase);
        string plain = anyHost ? Start + text[(Start + Wildcard).Length..] : text;
        if (
            !plain.Contains('*', StringComparison.Ordinal)
            && Uri.TryCreate(plain, UriKind.Absolute, out var origin)
            && origin.Scheme == Uri.UriSchemeHttps
            && EndpointSecurity.HostOf(origin) is { } host
            && origin.UserInfo.Length + origin.Fragment.Length == 0
            && origin.PathAndQuery == "/"
            && (!anyHost || (origin.HostNameType == UriHostNameType.Dns && !IsPublic(host)))
        )
            return new(text, origin, anyHost);
        throw new ArgumentException(
            $"'{text}' is not a pattern of origins whose hosts have one operator. Write https://*.api.example.com for all hosts below "
                + "api.example.com, a domain of the API's operator where no other party can register a host, or one https origin such as "
                + "https://api.example.com:8443.",
            parameterName
        );
    }

    /// <summary>Determines whether an address lies within the pattern, and contains no user information.</summary>
    public bool Contains(Uri address) =>
        address.IsAbsoluteUri
        && address.Scheme == origin.Scheme
        && address.Port == origin.Port
        && HasPlainAuthority(address.OriginalString)
        && EndpointSecurity.HostOf(address) is { } host
        && (
            isWildcard
                ? address.HostNameType == UriHostNameType.Dns
                    && host.Length > origin.IdnHost.Length + 1
                    && host.EndsWith("." + origin.IdnHost, StringComparison.Ordinal)
                : host == origin.IdnHost
        );

    // A top-level domain, and such as co.uk, have no owner. Below a domain of a hosting provider, each host has its own. The list contains
    // the well-known ones only, so the documentation states the condition.
    private static bool IsPublic(string host) =>
        host.Split('.', StringSplitOptions.RemoveEmptyEntries) is var labels
        && (
            labels.Length < 2
            || (labels is [var name, { Length: 2 }] && PublicNames.Contains(name))
            || SharedHostingDomains.Contains(string.Join('.', labels))
        );

    private static bool HasPlainAuthority(string address)
    {
        if (!address.StartsWith(Start, StringComparison.OrdinalIgnoreCase))
            return false;
        var authority = address.AsSpan(Start.Length);
        int end = authority.IndexOfAny('/', '?', '#');
        return !(end < 0 ? authority : authority[..end]).ContainsAnyExcept(AuthorityCharacters);
    }
}
