using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace OAuthClient.Benchmarks;

/// <summary>A token endpoint without a network: what is measured is the client, not the machine's sockets. A refresh token is good once.</summary>
internal sealed class TokenServer : HttpMessageHandler
{
    public static readonly Uri AuthorizationEndpoint = new("https://as.example.com/authorize");
    public static readonly Uri TokenEndpoint = new("https://as.example.com/token");

    private static readonly MediaTypeHeaderValue Json = new("application/json");

    // A JWT of a usual size, so that the whole answer has about 1 KB.
    private static readonly string Padding = new('x', 760);

    private readonly Lazy<byte[]> sameAnswer;
    private int requests;

    public TokenServer() => sameAnswer = new(() => Answer(0));

    /// <summary>How long each answer takes.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>Whether each answer has tokens of its own.</summary>
    public bool GivesNewTokens { get; init; }

    /// <summary>A client's own token has none (RFC 6749 §4.4.3), and MSAL insists.</summary>
    public bool GivesRefreshTokens { get; init; } = true;

    /// <summary>What each answer says that was granted.</summary>
    public string Scope { get; init; } = "photos.read photos.write profile";

    public int Requests => requests;

    /// <summary>What an owner has whose authorization went unseen: the first refresh token.</summary>
    public static string FirstRefreshToken => RefreshTokenOf(0);

    /// <summary>The one that the first request brings.</summary>
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
              "token_type": "Bearer",
              "expires_in": 3600,
              "{{(GivesRefreshTokens ? "refresh_token" : "example_parameter")}}": "{{RefreshTokenOf(number)}}",
              "scope": "{{Scope}}"
            }
            """
        );
}
