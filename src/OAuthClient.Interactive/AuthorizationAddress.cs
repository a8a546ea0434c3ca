namespace OAuthClient.Interactive;

/// <summary>Checks the address at which the browser is opened. Its host and path come from the metadata of the server.</summary>
internal static class AuthorizationAddress
{
    /// <summary>Requires that an address is one of the web. The system would start other programs for other addresses.</summary>
    /// <exception cref="OAuthException">The address is not https, and not http on this machine.</exception>
    public static Uri Checked(Uri address) =>
        address.IsAbsoluteUri
        && !address.IsUnc
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address
            : throw new OAuthException(
                $"The authorization endpoint of the server has the scheme '{address.Scheme}'; a browser is opened at https addresses "
                    + "only, and at http on this machine."
            );
}
