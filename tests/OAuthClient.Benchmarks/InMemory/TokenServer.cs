using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace OAuthClient.Benchmarks;

/// <summary>An in-memory token endpoint, so that the client is measured and not the sockets. A refresh token is valid once.</summary>
internal sealed class TokenServer : HttpMessageHandler
{
    public static readonly Uri AuthorizationEndpoint = new("https://as.example.com/authorize");
    public static readonly Uri TokenEndpoint = new("https://as.example.com/token");

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    // A JWT of a usual size, so that the whole response has about 1 KB.
    private static readonly string Padding = new('x', 760);

    private readonly Lazy<byte[]> sameAnswer;
    private int requests;

    public TokenServer() => sameAnswer = new(() => Answer(0));

    /// <summary>Gets the response time.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Gets a value indicating whether each response contains new tokens.</summary>
    public bool GivesNewTokens { get; init; }

    /// <summary>
    /// Gets a value indicating whether responses contain a refresh token. A client's own token has none (RFC 6749 §4.4.3), and MSAL
    /// requires that.
    /// </summary>
    public bool GivesRefreshTokens { get; init; } = true;

    /// <summary>Gets the type of the access tokens.</summary>
    public string TokenType { get; init; } = "Bearer";

    /// <summary>Gets the granted scope in each response.</summary>
    public string Scope { get; init; } = "photos.read photos.write profile";

    public int Requests => requests;

    /// <summary>Gets the first refresh token, for an owner whose authorization was not requested here.</summary>
    public static string FirstRefreshToken => RefreshTokenOf(0);

    /// <summary>Gets the access token of the first response.</summary>
    public static string FirstAccessToken => AccessTokenOf(1);

    private static string AccessTokenOf(int number) => string.Create(CultureInfo.InvariantCulture, $"{number}-{Padding}");

    private static string RefreshTokenOf(int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{number}-refresh-3AWZCR7VqTbG1mTqK2Nd0uYlX5oHs8Ee");

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        GivesNewTokens ? AnswerAsync(request, cancellationToken) : AnswerSameAsync(request, cancellationToken);

    private async Task<HttpResponseMessage> AnswerSameAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Content is { } form)
            await form.CopyToAsync(Stream.Null, cancellationToken);
        return Response(HttpStatusCode.OK, sameAnswer.Value, request);
    }

    private async Task<HttpResponseMessage> AnswerAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string form = request.Content is { } content ? await content.ReadAsStringAsync(cancellationToken) : "";
        int number = Interlocked.Increment(ref requests);
        if (Latency > TimeSpan.Zero)
            await Task.Delay(Latency, cancellationToken);
        return
            form.Contains("grant_type=refresh_token", StringComparison.Ordinal)
            && !form.Contains(RefreshTokenOf(number - 1), StringComparison.Ordinal)
            ? Response(HttpStatusCode.BadRequest, """{"error":"invalid_grant"}"""u8.ToArray(), request)
            : Response(HttpStatusCode.OK, Answer(number), request);
    }

    private static HttpResponseMessage Response(HttpStatusCode status, byte[] json, HttpRequestMessage request)
    {
        var body = new ByteArrayContent(json);
        body.Headers.ContentType = Json;
        return new HttpResponseMessage(status) { Content = body, RequestMessage = request };
    }

    private byte[] Answer(int number) =>
        Encoding.UTF8.GetBytes(
            $$"""
            {
              "access_token": "{{AccessTokenOf(number)}}",
              "token_type": "{{TokenType}}",
              "expires_in": 3600,
              "{{(GivesRefreshTokens ? "refresh_token" : "example_parameter")}}": "{{RefreshTokenOf(number)}}",
              "scope": "{{Scope}}"
            }
            """
        );
}
