namespace OAuthClient;

/// <summary>
/// The exception that is thrown when a request is not sent, because the circuit of the server is open or its <c>Retry-After</c> has not
/// passed.
/// </summary>
internal sealed class RequestNotSentException(string message, Exception? inner = null) : HttpRequestException(message, inner);
