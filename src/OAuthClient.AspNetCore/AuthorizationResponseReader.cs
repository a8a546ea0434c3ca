using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace OAuthClient.AspNetCore;

/// <summary>Reads the authorization response from the request at the redirect URI.</summary>
internal static class AuthorizationResponseReader
{
    private static readonly string[] OfAResponse = ["code", "state", "iss", "error"];
    private static readonly HostString AnyHost = new("callback.invalid");

    private const int MaximumFields = 100;
    private const int MaximumValueLength = 64 * 1024;

    /// <exception cref="OAuthProtocolException">It is no authorization response, or one that says something twice.</exception>
    public static async Task<AuthorizationResponse> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (HttpMethods.IsGet(request.Method))
            return AuthorizationResponse.Parse(Address(request));
        if (!HttpMethods.IsPost(request.Method) || !AnonymousFormReader.IsForm(request))
            throw new OAuthProtocolException(
                "A callback is a GET, or the POST of a URL-encoded form (OAuth 2.0 Form Post Response Mode §2); this was neither."
            );
        if (OfAResponse.Any(request.Query.ContainsKey))
            throw new OAuthProtocolException(
                "The callback came by form and by query at once; which one counts would be a guess (RFC 6749 §3.1)."
            );
        var form = await AnonymousFormReader.ReadAsync(request, MaximumFields, MaximumValueLength, cancellationToken).ConfigureAwait(false);
        var parameters = form.SelectMany(field => field.Value, (field, value) => KeyValuePair.Create(field.Key, value ?? ""));
        return AuthorizationResponse.Parse(parameters, Address(request));
    }

    private static Uri Address(HttpRequest request) =>
        new(UriHelper.BuildAbsolute(Uri.UriSchemeHttps, AnyHost, request.PathBase, request.Path, request.QueryString));
}
