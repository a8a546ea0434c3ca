using System.Net;

namespace OAuthClient;

/// <summary>What became of a refresh token that was presented, and brought no token response.</summary>
internal enum RefreshTokenOutcome
{
    /// <summary>The server never looked at it: it is as good as before.</summary>
    NotSent,

    /// <summary>The server does not honour it (RFC 6749 §5.2 <c>invalid_grant</c>).</summary>
    InvalidGrant,

    /// <summary>The server looked at the request and said no to something else.</summary>
    OtherError,

    /// <summary>The server may have replaced it, and nobody heard by what.</summary>
    Ambiguous,
}

/// <summary>Tells from how a presentation failed what it means for the refresh token.</summary>
internal static class RefreshTokenOutcomes
{
    public static RefreshTokenOutcome Of(Exception exception, SendTracker tracker)
    {
        if (!tracker.MayHaveBeenSent)
            return RefreshTokenOutcome.NotSent;
        return exception switch
        {
            TokenEndpointException refusal => Of(refusal),
            // An answer that was read to its end, and cannot be used.
            OAuthProtocolException => RefreshTokenOutcome.OtherError,
            _ => RefreshTokenOutcome.Ambiguous,
        };
    }

    private static RefreshTokenOutcome Of(TokenEndpointException refusal) =>
        refusal switch
        {
            { StatusCode: HttpStatusCode.TooManyRequests } => RefreshTokenOutcome.NotSent,
            { Error: ErrorCodes.InvalidGrant } => RefreshTokenOutcome.InvalidGrant,
            // A server that fails may fail after its work, whatever it calls that; a Retry-After does not undo it.
            { StatusCode: HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError } => RefreshTokenOutcome.Ambiguous,
            { Error: ErrorCodes.ServerError or ErrorCodes.TemporarilyUnavailable } => RefreshTokenOutcome.Ambiguous,
            // It worked, and what it brought cannot be read.
            { StatusCode: < HttpStatusCode.MultipleChoices, Error: null } => RefreshTokenOutcome.Ambiguous,
            _ => RefreshTokenOutcome.OtherError,
        };
}
