using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Reads a URL-encoded form from an unauthenticated sender. Every defect of the form, such as an unknown charset, too many bytes or an
/// early end, is reported as a protocol error of the sender and not as a failure of the application.
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
    /// <param name="maximumFields">The maximum number of fields.</param>
    /// <param name="maximumValueLength">The maximum number of characters in a field.</param>
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
        // The framework's default limits are intended for uploads.
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
        // A body that is too long or incomplete (IOException, BadHttpRequestException); an exceeded limit (InvalidDataException); a charset
        // that is unknown or refused, such as utf-7 (NotSupportedException, ArgumentException); an invalid Content-Type
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
                "The form is too large or incomplete, or its charset is not supported. Send a complete form in UTF-8.",
                exception
            );
        }
    }
}
