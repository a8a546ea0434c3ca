using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <content>The error responses of the token endpoint.</content>
public sealed partial class Fault
{
    /// <summary>
    /// Creates a fault that responds with an error code and does not process the request (RFC 6749 §5.2), for example with
    /// <c>slow_down</c>, <c>expired_token</c> or <c>access_denied</c> to the poll of a device (RFC 8628 §3.5).
    /// </summary>
    /// <param name="error">The value of <c>error</c>.</param>
    /// <param name="statusCode">The status code.</param>
    /// <returns>The fault.</returns>
    public static Fault TokenError(string error, int statusCode = 400)
    {
        ArgumentException.ThrowIfNullOrEmpty(error);
        return new(
            "token error " + error,
            faultContext => faultContext.SendAsync(Reply.Json(statusCode, new JsonObject { ["error"] = error }).NotStored())
        );
    }
}
