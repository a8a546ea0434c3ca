using System.Net;
using System.Text.Json;

namespace OAuthClient;

/// <summary>The response of an endpoint with its body.</summary>
internal sealed class BackChannelResponse(
    BackChannelRequest request,
    HttpStatusCode statusCode,
    BufferedResponseContent content,
    TimeSpan? retryAfter,
    List<string> credentials
)
{
    public HttpStatusCode StatusCode => statusCode;
    public bool IsSuccess => (int)statusCode is >= 200 and <= 299;
    public bool IsRedirect => (int)statusCode is >= 300 and <= 399;
    public ReadOnlyMemory<byte> Body => content.Body;

    /// <summary>Gets the media type of the body; <see langword="null"/> if the response states none.</summary>
    public string? MediaType => content.Received.ContentType?.MediaType;

    /// <summary>
    /// Gets the time at which the attempt started. A lifetime that is counted from it never ends later than at the server.
    /// </summary>
    public DateTimeOffset RequestedAt => content.RequestedAt;

    /// <summary>Reads the body as a JSON object. The media type is ignored, because some servers send a wrong one.</summary>
    /// <returns>The object; <see langword="null"/> if the body is not a JSON object.</returns>
    public JsonElement? Json() => StrictJson.TryParseObject(content.Body);

    /// <summary>
    /// Reads the body as a JSON object in which a member may occur twice; the caller reads it by <see cref="JsonMembers"/>.
    /// </summary>
    /// <returns>The object; <see langword="null"/> if the body is not a JSON object.</returns>
    public JsonElement? TolerantJson()
    {
        using var document = StrictJson.TryParseTolerantly(content.Body);
        return document?.RootElement.Clone();
    }

    /// <summary>Describes an error response or an invalid response.</summary>
    /// <param name="json">The body; <see langword="null"/> if it is not a JSON object.</param>
    /// <returns>The description.</returns>
    public EndpointFailure Failure(JsonElement? json)
    {
        // The text of a successful response can contain tokens.
        var (error, reason) =
            json is { } response ? ErrorResponseReader.Find(response, IsSuccess)
            : IsSuccess ? default
            : (null, ErrorResponseReader.FindInText(Body.Span));
        return new(request.EndpointName, ServerTextSanitizer.WithoutQuery(request.Endpoint), statusCode)
        {
            // A code of the specifications is no secret, even if it contains the text of one: a caller can choose the text of a code.
            Error = error is not null && ErrorCodes.IsStandard(error) ? error : Clean(error),
            ErrorDescription = Clean(reason),
            ErrorUri = Clean(json?.TextIfAny(ParameterNames.ErrorUri)),
            RetryAfter = retryAfter,
            Required = json is { } stated ? RequiredAuthorization.Find(stated, Secrets()) : null,
            InvalidClientAdvice = request.InvalidClientAdvice,
            UnexpectedContent =
                json is not null ? "with a JSON object that has no error code"
                : Body.Length == 0 && !IsRedirect ? "without a body"
                : IsRedirect
                    ? "with a redirect, which is not followed because the request contains secrets. Set the final address of the endpoint"
                : StrictJson.FindDuplicate(Body) is { } name
                    ? $"with a JSON object that contains '{Clean(name)}' twice, so its value is not known (RFC 8259 §4)"
                : $"with {Quantity(Body.Length)} of {Clean(MediaType) ?? "an unknown media type"} instead of a JSON object",
        };
    }

    /// <summary>
    /// Sanitizes text of the server and removes the secrets of the request, including the credentials of each attempt.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="furtherSecrets">Further secrets to remove.</param>
    /// <returns>The sanitized text.</returns>
    public string? Clean(string? text, params IEnumerable<string> furtherSecrets) =>
        text is null ? null : ServerTextSanitizer.Clean(text, [.. Secrets(), .. furtherSecrets]);

    private IReadOnlyList<string> Secrets()
    {
        // Another attempt of the request may still be in progress.
        lock (credentials)
            return [.. request.Secrets.OfType<string>(), .. FormSecrets.Of(request.Form), .. credentials];
    }

    private static string Quantity(int length) => length == 1 ? "1 byte" : $"{length} bytes";
}
