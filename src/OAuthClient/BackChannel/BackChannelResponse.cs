using System.Net;
using System.Text.Json;

namespace OAuthClient;

/// <summary>An endpoint's whole answer, read and bounded.</summary>
internal sealed class BackChannelResponse(
    BackChannelRequest request,
    HttpStatusCode statusCode,
    BufferedResponseContent content,
    TimeSpan? retryAfter
)
{
    public HttpStatusCode StatusCode => statusCode;
    public bool IsSuccess => (int)statusCode is >= 200 and <= 299;
    public ReadOnlyMemory<byte> Body => content.Body;

    /// <summary>What the server says the body is.</summary>
    public string? MediaType => content.Received.ContentType?.MediaType;

    /// <summary>When what brought it was sent: a lifetime that counts from here never ends later than at the server.</summary>
    public DateTimeOffset RequestedAt => content.RequestedAt;

    /// <summary>The body as a JSON object, or <see langword="null"/> when it is none. The media type is not asked: some servers err there, and a page of HTML is no JSON object.</summary>
    public JsonElement? Json() => StrictJson.TryParseObject(content.Body);

    /// <summary>What to tell the developer when this is not the answer that was asked for.</summary>
    public EndpointFailure Failure(JsonElement? json) =>
        new(request.EndpointName, ServerTextSanitizer.WithoutQuery(request.Endpoint), statusCode)
        {
            Error = Clean(json?.TextIfAny(ParameterNames.Error)),
            ErrorDescription = Clean(json?.TextIfAny(ParameterNames.ErrorDescription)),
            ErrorUri = Clean(json?.TextIfAny(ParameterNames.ErrorUri)),
            RetryAfter = retryAfter,
            IsPublicClient = request.IsPublicClient,
            UsesCertificate = request.UsesCertificate,
            UnexpectedContent =
                json is not null ? "with a JSON object that holds no error code"
                : Body.Length == 0 ? "without a body"
                : (int)statusCode is >= 300 and <= 399
                    ? "with a redirect, which is never followed: what was sent would go to another address. Write the endpoint's final address"
                : $"with {Quantity(Body.Length)} of {Clean(MediaType) ?? "no stated type"} instead of a JSON object",
        };

    /// <summary>What the server said, without what the request held: also not as Basic had wrapped it.</summary>
    public string? Clean(string? text, params IEnumerable<string> furtherSecrets) =>
        ServerTextSanitizer.Clean(
            text,
            [
                .. request.Secrets,
                .. request.ClientSecret is { } secret ? [secret.Reveal()] : Enumerable.Empty<string>(),
                .. furtherSecrets,
                .. request.Authorization is { } header
                    ? [header[(header.IndexOf(' ', StringComparison.Ordinal) + 1)..]]
                    : Enumerable.Empty<string>(),
            ]
        );

    private static string Quantity(int length) => length == 1 ? "1 byte" : $"{length} bytes";
}
