using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;

namespace OAuthClient.AspNetCore;

/// <summary>Reads the authorization response from the request at the redirect URI.</summary>
internal static class Callback
{
    private static readonly string[] OfAResponse = ["code", "state", "iss", "error"];
    private static readonly HostString AnyHost = new("callback.invalid");

    // The callback is open to everyone, and the framework's own limits are made for uploads.
    private static readonly FormOptions Limits = new() { ValueCountLimit = 100, KeyLengthLimit = 256, ValueLengthLimit = 64 * 1024 };

    /// <exception cref="ProtocolViolationException">It is no authorization response, or one that says something twice.</exception>
    public static async Task<AuthorizationResponse> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (HttpMethods.IsGet(request.Method))
            return AuthorizationResponse.Parse(Address(request));
        if (!HttpMethods.IsPost(request.Method) || !IsForm(request))
            throw new ProtocolViolationException("A callback is a GET, or the POST of a URL-encoded form (OAuth 2.0 Form Post Response Mode §2); this was neither.");
        if (OfAResponse.Any(request.Query.ContainsKey))
            throw new ProtocolViolationException("The callback came by form and by query at once; which one counts would be a guess (RFC 6749 §3.1).");
        try
        {
            var form = await request.ReadFormAsync(Limits, cancellationToken).ConfigureAwait(false);
            return AuthorizationResponse.Parse(form.SelectMany(field => field.Value, (field, value) => KeyValuePair.Create(field.Key, value ?? "")), Address(request));
        }
        catch (InvalidDataException exception)
        {
            throw new ProtocolViolationException("The callback's form is larger than any authorization server makes it, or broken.", exception);
        }
    }

    private static Uri Address(HttpRequest request) =>
        new(UriHelper.BuildAbsolute(Uri.UriSchemeHttps, AnyHost, request.PathBase, request.Path, request.QueryString));

    public static bool IsForm(HttpRequest request) =>
        request.ContentType is { } type
        && type.Split(';', 2)[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
}
