using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>The parameters of a request that anyone may send, by query or by form: few, of some length, and each once.</summary>
internal static class AnonymousRequestParameters
{
    private const int MaximumFields = 20;
    private const int MaximumValueLength = 128 * 1024;

    /// <exception cref="OAuthProtocolException">It is no such request, too large, or has a parameter twice.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!HttpMethods.IsPost(request.Method))
            return Once(request.Query);
        if (!AnonymousFormReader.IsForm(request))
            throw new OAuthProtocolException("The request is no URL-encoded form.");
        var form = await AnonymousFormReader.ReadAsync(request, MaximumFields, MaximumValueLength, cancellationToken).ConfigureAwait(false);
        return Once(form);
    }

    private static Dictionary<string, string> Once(
        IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> parameters
    )
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in parameters)
        {
            if (values.Count > 1)
                throw new OAuthProtocolException(
                    "The request holds a parameter more than once; which one counts would be a guess (RFC 6749 §3.1)."
                );
            if (values is [{ Length: > 0 } value])
                all[name] = value;
        }
        return all;
    }
}
