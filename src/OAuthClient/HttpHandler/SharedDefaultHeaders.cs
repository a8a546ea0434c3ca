namespace OAuthClient;

/// <summary>Checks the default headers of an HTTP client that serves more than one owner, because all owners share them.</summary>
internal static class SharedDefaultHeaders
{
    /// <exception cref="InvalidOperationException">A default header would identify one owner in the requests of all owners.</exception>
    public static void EnsureNone(HttpClient client, string httpClientName, bool allowsCookies)
    {
        var headers = client.DefaultRequestHeaders.NonValidated;
        string? name =
            headers.Contains("Authorization") ? "Authorization"
            : headers.Contains("Cookie") && !allowsCookies ? "Cookie"
            : null;
        if (name is not null)
        {
            throw new InvalidOperationException(
                $"DefaultRequestHeaders of the HTTP client '{httpClientName}' contains {name}, and the HTTP client serves more than one "
                    + "owner. Remove the header from the configuration, or use a separate HTTP client for it"
                    + (name == "Cookie" ? "; to send it for all owners, call DangerouslyAllowCookies() in AddAccessTokenHandler." : ".")
            );
        }
    }
}
