namespace OAuthClient;

/// <summary>Checks the default headers of an HTTP client that serves more than one owner: they are the same for all.</summary>
internal static class SharedDefaultHeaders
{
    /// <exception cref="InvalidOperationException">A default header would identify one owner in the requests of all.</exception>
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
                $"DefaultRequestHeaders of the HTTP client '{httpClientName}' has {name}, and the client serves more than one owner, "
                    + "with the access token of each. Remove the header from the configuration, or send it with an HTTP client of its own"
                    + (name == "Cookie" ? "; DangerouslyAllowCookies() in AddAccessTokenHandler sends it for all owners." : ".")
            );
        }
    }
}
