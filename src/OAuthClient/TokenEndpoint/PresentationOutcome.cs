using System.Net;

namespace OAuthClient;

/// <summary>What became of a refresh token that was presented, and brought no token response.</summary>
internal enum PresentationOutcome
{
    /// <summary>The server never looked at it: it is as good as before.</summary>
    NotPresented,

    /// <summary>The server does not honour it (RFC 6749 §5.2 <c>invalid_grant</c>).</summary>
    Refused,

    /// <summary>The server looked at the request and said no to something else.</summary>
    Denied,

    /// <summary>The server may have replaced it, and nobody heard by what.</summary>
    Ambiguous,
}

/// <summary>Tells from how a presentation failed what it means for the refresh token.</summary>
internal static class PresentationOutcomes
{
    public static PresentationOutcome Of(Exception exception, Departure departure)
    {
        if (!departure.MayHaveLeft)
            return PresentationOutcome.NotPresented;
        return exception switch
        {
            TokenEndpointException refusal => Of(refusal),
            // An answer that was read to its end, and cannot be used.
            OAuthProtocolException => PresentationOutcome.Denied,
            _ => PresentationOutcome.Ambiguous,
        };
    }

    private static PresentationOutcome Of(TokenEndpointException refusal) => refusal switch
    {
        { StatusCode: HttpStatusCode.TooManyRequests } => PresentationOutcome.NotPresented,
        { Error: ErrorCodes.InvalidGrant } => PresentationOutcome.Refused,
        // A server that fails may fail after its work, whatever it calls that; a Retry-After does not undo it.
        { StatusCode: HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError } => PresentationOutcome.Ambiguous,
        { Error: ErrorCodes.ServerError or ErrorCodes.TemporarilyUnavailable } => PresentationOutcome.Ambiguous,
        // It worked, and what it brought cannot be read.
        { StatusCode: < HttpStatusCode.MultipleChoices, Error: null } => PresentationOutcome.Ambiguous,
        _ => PresentationOutcome.Denied,
    };
}
