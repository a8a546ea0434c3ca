using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace OAuthClient.AspNetCore;

/// <summary>Reads the authorization response from the request at the redirect URI.</summary>
internal static class AuthorizationResponseReader
{
    private static readonly string[] ResponseParameters = ["code", "state", "iss", "error", "response"];
    private static readonly HostString PlaceholderHost = new("callback.invalid");

    private const int MaximumFields = 100;
    private const int MaximumValueLength = 64 * 1024;

    /// <exception cref="OAuthProtocolException">The request is not an authorization response, or a parameter is repeated.</exception>
    public static async Task<AuthorizationResponse> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (HttpMethods.IsGet(request.Method))
            return AuthorizationResponse.Parse(Address(request));
        if (!HttpMethods.IsPost(request.Method) || !AnonymousFormReader.IsForm(request))
            throw new OAuthProtocolException(
                "The callback is neither a GET nor the POST of a URL-encoded form (OAuth 2.0 Form Post Response Mode §2)."
            );
        if (ResponseParameters.Any(request.Query.ContainsKey))
            throw new OAuthProtocolException(
                "The callback has authorization response parameters in its form and in its query (RFC 6749 §3.1)."
            );
        var form = await AnonymousFormReader.ReadAsync(request, MaximumFields, MaximumValueLength, cancellationToken).ConfigureAwait(false);
        var parameters = form.SelectMany(field => field.Value, (field, value) => KeyValuePair.Create(field.Key, value ?? ""));
        return AuthorizationResponse.Parse(parameters, Address(request));
    }

    private static Uri Address(HttpRequest request) =>
        new(UriHelper.BuildAbsolute(Uri.UriSchemeHttps, PlaceholderHost, request.PathBase, request.Path, request.QueryString));
}
