using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Reads the parameters of an unauthenticated request from its query or form. Their number and length are limited, and none may repeat.
/// </summary>
internal static class AnonymousRequestParameters
{
    private const int MaximumFields = 20;
    private const int MaximumValueLength = 128 * 1024;

    /// <exception cref="OAuthProtocolException">The form is invalid or too large, or a parameter is repeated.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!HttpMethods.IsPost(request.Method))
            return ReadOnce(request.Query);
        if (!AnonymousFormReader.IsForm(request))
            throw new OAuthProtocolException("The body of the request is not a URL-encoded form.");
        var form = await AnonymousFormReader.ReadAsync(request, MaximumFields, MaximumValueLength, cancellationToken).ConfigureAwait(false);
        return ReadOnce(form);
    }

    private static Dictionary<string, string> ReadOnce(
        IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> parameters
    )
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in parameters)
        {
            if (values.Count > 1)
                throw new OAuthProtocolException("The request contains a parameter more than once (RFC 6749 §3.1).");
            if (values is [{ Length: > 0 } value])
                all[name] = value;
        }
        return all;
    }
}
