namespace OAuthClient;

/// <summary>Nothing was sent, because the server is to be left alone for a while.</summary>
internal sealed class RequestNotSentException(string message, Exception? inner = null) : HttpRequestException(message, inner);
