using System.Net;

namespace OAuthClient;

/// <summary>
/// Fetches an authorization server's metadata from its well-known addresses and validates that it names the configured issuer
/// (RFC 8414 §3.3).
/// </summary>
internal static class ServerMetadataClient
{
    /// <exception cref="OAuthProtocolException">The metadata names another issuer, or is malformed.</exception>
    /// <exception cref="OAuthException">No metadata is found at either address.</exception>
    public static async Task<AuthorizationServerMetadata> FetchAsync(
        ClientConfiguration configuration,
        BackChannelClient backChannel,
        CancellationToken cancellationToken
    )
    {
        var issuer = configuration.Issuer!;
        var failures = new List<string>();
        EndpointException? lastFailure = null;
        bool hasServerError = false;
        foreach (var address in Addresses(configuration))
        {
            var request = new BackChannelRequest("metadata endpoint", address);
            var response = await backChannel.SendAsync(request, configuration, cancellationToken).ConfigureAwait(false);
            if (
                response.StatusCode == HttpStatusCode.OK
                && response.TolerantJson() is { } document
                && ServerMetadataReader.Read(document, configuration.Cleartext, configuration.HasClientCertificate) is { } metadata
            )
            {
                ValidateIssuer(metadata, configuration);
                // In the metadata of a multi-tenant server the issuer is a template, so the address it was fetched from identifies the
                // server.
                return metadata with { Issuer = issuer.OriginalString };
            }
            var failure = response.Failure(response.Json());
            string content =
                response.IsRedirect ? " (a redirect, which is not followed)"
                : response.IsSuccess ? $" {failure.UnexpectedContent}"
                : "";
            failures.Add($"{failure.Endpoint} returned {(int)failure.StatusCode}{content}");
            hasServerError |= (int)response.StatusCode >= 500;
            lastFailure = new EndpointException(failure);
        }
        throw new OAuthException(
            $"The metadata of {issuer.OriginalString} cannot be read: {string.Join(", ", failures)}. "
                + (
                    hasServerError ? "The server failed; try again later."
                    : configuration.MetadataAddress is not null ? "Check MetadataAddress."
                    : "Check Issuer; set MetadataAddress if the metadata is elsewhere, or the endpoints if this server publishes none."
                ),
            lastFailure
        );
    }

    private static IEnumerable<Uri> Addresses(ClientConfiguration configuration) =>
        configuration.MetadataAddress is { } address
            ? [address]
            : Addresses(configuration.Issuer!, openIdFirst: configuration.Scopes.Contains(ScopeList.OpenId));

    /// <summary>
    /// Returns the well-known addresses of the metadata. RFC 8414 §3.1 inserts the well-known segment before the issuer's path; OpenID
    /// Connect Discovery §4 appends it.
    /// </summary>
    public static IEnumerable<Uri> Addresses(Uri issuer, bool openIdFirst)
    {
        string origin = issuer.GetLeftPart(UriPartial.Authority);
        string path = issuer.AbsolutePath.TrimEnd('/');
        Uri oauth = new($"{origin}/.well-known/oauth-authorization-server{path}");
        Uri openId = new($"{origin}{path}/.well-known/openid-configuration");
        return openIdFirst ? [openId, oauth] : [oauth, openId];
    }

    private static string SlashHint(string? stated, string expected) =>
        stated is null ? ""
        : stated + "/" == expected ? " (without the trailing slash)"
        : stated == expected + "/" ? " (with a trailing slash)"
        : "";

    private static void ValidateIssuer(AuthorizationServerMetadata metadata, ClientConfiguration configuration)
    {
        // Not Uri equality: a trailing slash, the letter case or a default port distinguishes issuers.
        string expected = configuration.IssuerTemplate?.Text ?? configuration.Issuer!.OriginalString;
        if (metadata.Issuer == expected)
            return;
        string expectation = configuration.IssuerTemplate is null ? "" : $", not '{expected}'";
        string option = configuration.IssuerTemplate is null
            ? nameof(OAuthClientOptions.Issuer)
            : nameof(OAuthClientOptions.IssuerTemplate);
        string advice =
            configuration.IssuerTemplate is null && metadata.Issuer?.Contains(IssuerTemplate.Placeholder, StringComparison.Ordinal) == true
                ? "this is a multi-tenant server: set Issuer to one tenant's issuer, or set IssuerTemplate to that text and AllowedTenants "
                    + "to the tenants whose users may sign in."
                : $"if this is the intended server, set {option} to exactly that text{SlashHint(metadata.Issuer, expected)}.";
        throw new OAuthProtocolException(
            $"The metadata of '{configuration.Issuer!.OriginalString}' names the issuer "
                + $"'{ServerTextSanitizer.Clean(metadata.Issuer) ?? "none"}'{expectation}. "
                + $"They must be identical, character by character (RFC 8414 §3.3); {advice}"
        );
    }
}
