using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Reads a URL-encoded form that anyone may post. Whatever is wrong with it, such as its charset, its length or its end, is the sender's
/// error and not a fault of the application.
/// </summary>
internal static class AnonymousFormReader
{
    private const int MaximumBody = 128 * 1024;

    /// <summary>Determines whether the request states that its body is a URL-encoded form.</summary>
    /// <param name="request">The request.</param>
    /// <returns><see langword="true"/> if the media type is <c>application/x-www-form-urlencoded</c>.</returns>
    public static bool IsForm(HttpRequest request) =>
        request.ContentType is { } type
        && type.Split(';', 2)[0].Trim().Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the form.</summary>
    /// <param name="request">The request, for which <see cref="IsForm"/> is <see langword="true"/>.</param>
    /// <param name="maximumFields">How many fields the form may have.</param>
    /// <param name="maximumValueLength">How many characters a field may have.</param>
    /// <param name="cancellationToken">The token to monitor for cancellation requests.</param>
    /// <returns>The form's fields.</returns>
    /// <exception cref="OAuthProtocolException">The form is too large, ends early, or states a charset that cannot be read.</exception>
    public static async Task<IFormCollection> ReadAsync(
        HttpRequest request,
        int maximumFields,
        int maximumValueLength,
        CancellationToken cancellationToken
    )
    {
        var size = request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>();
        if (size is { IsReadOnly: false, MaxRequestBodySize: null or > MaximumBody })
            size.MaxRequestBodySize = MaximumBody;
        // The framework's own limits are made for uploads.
        FormOptions limits = new()
        {
            ValueCountLimit = maximumFields,
            KeyLengthLimit = 256,
            ValueLengthLimit = maximumValueLength,
        };
        try
        {
            return await request.ReadFormAsync(limits, cancellationToken).ConfigureAwait(false);
        }
        // A body that is too long or ends early (IOException, with BadHttpRequestException); limits (InvalidDataException); a charset that
        // is unknown or refused, as utf-7 is (NotSupportedException, ArgumentException); a Content-Type that does not parse
        // (InvalidOperationException).
        catch (Exception exception)
            when (exception
                    is IOException
                        or InvalidDataException
                        or NotSupportedException
                        or ArgumentException
                        or InvalidOperationException
                        or FormatException
            )
        {
            throw new OAuthProtocolException(
                "The form is larger than any authorization server makes it, is broken off, or states a charset that is not supported; "
                    + "send it as UTF-8.",
                exception
            );
        }
    }
}
