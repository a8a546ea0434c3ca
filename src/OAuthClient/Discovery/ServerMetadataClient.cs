using System.Net;

namespace OAuthClient;

/// <summary>Fetches an authorization server's metadata from its well-known addresses and believes it only when it names the issuer that was asked (RFC 8414 §3.3).</summary>
internal static class ServerMetadataClient
{
    /// <exception cref="OAuthProtocolException">The document names another issuer, or is malformed.</exception>
    /// <exception cref="OAuthException">There is no metadata at either address.</exception>
    public static async Task<AuthorizationServerMetadata> FetchAsync(
        ClientConfiguration configuration,
        BackChannelClient backChannel,
        CancellationToken cancellationToken
    )
    {
        var issuer = configuration.Issuer!;
        var answers = new List<string>();
        EndpointException? refusal = null;
        bool isServersFault = false;
        foreach (var address in Addresses(issuer, openIdFirst: configuration.Scopes.Contains(ScopeList.OpenId, StringComparer.Ordinal)))
        {
            var request = new BackChannelRequest("metadata endpoint", address);
            var response = await backChannel.SendAsync(request, cancellationToken).ConfigureAwait(false);
            var json = response.Json();
            if (response.StatusCode == HttpStatusCode.OK && json is { } document)
            {
                var metadata = AuthorizationServerMetadata.Read(
                    document,
                    configuration.AllowHttpOnLoopback,
                    configuration.HasClientCertificate
                );
                ValidateIssuer(metadata, configuration);
                // Of many tenants' metadata only where they were found is one name for all.
                return metadata with { Issuer = issuer.OriginalString };
            }
            var failure = response.Failure(json);
            answers.Add(
                $"{failure.Endpoint} answered {(int)failure.StatusCode}{(response.IsSuccess ? $" {failure.UnexpectedContent}" : "")}"
            );
            isServersFault |= (int)response.StatusCode >= 500;
            refusal = new EndpointException(failure);
        }
        throw new OAuthException(
            $"The metadata of {issuer.OriginalString} could not be read: {string.Join(", ", answers)}. "
                + (
                    isServersFault
                        ? "The server is at fault; try again later."
                        : "Check Issuer, or spell out the endpoints if this server publishes no metadata."
                ),
            refusal
        );
    }

    /// <summary>RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect Discovery §4 behind it.</summary>
    public static IEnumerable<Uri> Addresses(Uri issuer, bool openIdFirst)
    {
        string origin = issuer.GetLeftPart(UriPartial.Authority);
        string path = issuer.AbsolutePath.TrimEnd('/');
        Uri oauth = new($"{origin}/.well-known/oauth-authorization-server{path}");
        Uri openId = new($"{origin}{path}/.well-known/openid-configuration");
        return openIdFirst ? [openId, oauth] : [oauth, openId];
    }

    private static string SlashHint(string? found, string written) =>
        found is null ? ""
        : string.Equals(found + "/", written, StringComparison.Ordinal) ? " (without the slash at the end)"
        : string.Equals(found, written + "/", StringComparison.Ordinal) ? " (with a slash at the end)"
        : "";

    private static void ValidateIssuer(AuthorizationServerMetadata metadata, ClientConfiguration configuration)
    {
        // Not Uri equality: a slash, a capital or a default port makes another issuer.
        string expected = configuration.IssuerTemplate?.Text ?? configuration.Issuer!.OriginalString;
        if (string.Equals(metadata.Issuer, expected, StringComparison.Ordinal))
            return;
        string option = configuration.IssuerTemplate is null
            ? nameof(OAuthClientOptions.Issuer)
            : nameof(OAuthClientOptions.IssuerTemplate);
        string advice =
            configuration.IssuerTemplate is null && metadata.Issuer?.Contains(IssuerTemplate.Placeholder, StringComparison.Ordinal) == true
                ? "this server has many tenants: write one tenant's Issuer, or that text as IssuerTemplate to let in users of all, and AllowedTenants to say whose."
                : $"if that is the server you mean, write {option} exactly so{SlashHint(metadata.Issuer, expected)}.";
        throw new OAuthProtocolException(
            $"The metadata found for '{configuration.Issuer!.OriginalString}' says that its issuer is '{ServerTextSanitizer.Clean(metadata.Issuer) ?? "nobody"}'{(configuration.IssuerTemplate is null ? "" : $", not '{expected}'")}. "
                + $"They must be identical, character by character (RFC 8414 §3.3); {advice}"
        );
    }
}
