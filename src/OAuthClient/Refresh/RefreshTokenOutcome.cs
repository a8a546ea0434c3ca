using System.Net;

namespace OAuthClient;

/// <summary>Specifies what a failed token request means for the refresh token.</summary>
internal enum RefreshTokenOutcome
{
    /// <summary>The server did not process the refresh token. It is still valid.</summary>
    NotSent,

    /// <summary>The server rejected the refresh token with <c>invalid_grant</c> (RFC 6749 §5.2).</summary>
    InvalidGrant,

    /// <summary>The server rejected the request for another reason.</summary>
    OtherError,

    /// <summary>The server may have rotated the refresh token, and its response is not known.</summary>
    Ambiguous,
}

/// <summary>Classifies the exception of a failed token request.</summary>
internal static class RefreshTokenOutcomes
{
    public static RefreshTokenOutcome Of(Exception exception, SendTracker tracker)
    {
        if (!tracker.MayHaveBeenSent)
            return RefreshTokenOutcome.NotSent;
        return exception switch
        {
            TokenEndpointException rejection => Of(rejection),
            // The response was read completely and is not valid.
            OAuthProtocolException => RefreshTokenOutcome.OtherError,
            _ => RefreshTokenOutcome.Ambiguous,
        };
    }

    private static RefreshTokenOutcome Of(TokenEndpointException rejection) =>
        rejection switch
        {
            { Error: ErrorCodes.InvalidGrant } => RefreshTokenOutcome.InvalidGrant,
            // The server may have failed after it rotated the refresh token. A Retry-After header does not exclude that.
            { StatusCode: HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError } => RefreshTokenOutcome.Ambiguous,
            { Error: ErrorCodes.ServerError or ErrorCodes.TemporarilyUnavailable } => RefreshTokenOutcome.Ambiguous,
            // The request succeeded, and its response cannot be read.
            { StatusCode: < HttpStatusCode.MultipleChoices, Error: null } => RefreshTokenOutcome.Ambiguous,
            _ => RefreshTokenOutcome.OtherError,
        };
}
