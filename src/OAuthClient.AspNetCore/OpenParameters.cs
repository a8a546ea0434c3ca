using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OAuthClient.AspNetCore;

/// <summary>The parameters of a request that anyone may send, by query or by form: few, of some length, and each once.</summary>
internal static class OpenParameters
{
    private const int MaximumBody = 128 * 1024;

    // The framework's own are made for uploads.
    private static readonly FormOptions Limits = new() { ValueCountLimit = 20, KeyLengthLimit = 256, ValueLengthLimit = MaximumBody };

    /// <exception cref="ProtocolViolationException">It is no such request, too large, or has a parameter twice.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!HttpMethods.IsPost(request.Method))
            return Once(request.Query);
        if (!Callback.IsForm(request))
            throw new ProtocolViolationException("The request is no URL-encoded form.");
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = MaximumBody;
        try
        {
            return Once(await request.ReadFormAsync(Limits, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            throw new ProtocolViolationException("The request's form is larger than any authorization server makes it, or broken.", exception);
        }
    }

    private static Dictionary<string, string> Once(IEnumerable<KeyValuePair<string, Microsoft.Extensions.Primitives.StringValues>> parameters)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in parameters)
        {
            if (values.Count > 1)
                throw new ProtocolViolationException("The request holds a parameter more than once; which one counts would be a guess (RFC 6749 §3.1).");
            if (values is [{ Length: > 0 } value])
                all[name] = value;
        }
        return all;
    }
}
