using System.Net;

namespace OAuthClient;

/// <summary>Specifies what a failed token request means for the refresh token.</summary>
internal enum RefreshTokenOutcome
{
    /// <summary>The server did not process the refresh token. It is still valid.</summary>
    NotSent,

    /// <summary>The server rejected the refresh token with <c>invalid_grant</c> (RFC 6749 §5.2).</summary>
    InvalidGrant,

    /// <summary>
    /// The server must interact with the user before it issues this access token. The refresh token is still valid (OpenID Connect Core
    /// §3.1.2.6).
    /// </summary>
    InteractionRequired,

    /// <summary>The server rejected the request for another reason.</summary>
    OtherError,

    /// <summary>The server may have rotated the refresh token, and its response is not known.</summary>
    Ambiguous,
}

/// <summary>Classifies the exception of a failed token request.</summary>
internal static class RefreshTokenOutcomes
{
    public static RefreshTokenOutcome Of(Exception exception, SendTracker tracker) =>
        exception switch
        {
            _ when !tracker.MayHaveBeenSent => RefreshTokenOutcome.NotSent,
            TokenEndpointException { Error: var error } when ErrorCodes.RequiresInteraction(error) =>
                RefreshTokenOutcome.InteractionRequired,
            TokenEndpointException { Error: ErrorCodes.InvalidGrant, Required: { } required }
                when required.Claims is not null || ServerAdaptation.IsInteractionSuberror(required.Suberror) =>
                RefreshTokenOutcome.InteractionRequired,
            TokenEndpointException { Error: ErrorCodes.InvalidGrant } => RefreshTokenOutcome.InvalidGrant,
            // The server may have failed after it rotated the refresh token. A Retry-After header does not exclude that.
            TokenEndpointException { StatusCode: HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError } =>
                RefreshTokenOutcome.Ambiguous,
            TokenEndpointException { Error: ErrorCodes.ServerError or ErrorCodes.TemporarilyUnavailable } => RefreshTokenOutcome.Ambiguous,
            // The request succeeded, and its response cannot be read.
            TokenEndpointException { StatusCode: < HttpStatusCode.MultipleChoices, Error: null } => RefreshTokenOutcome.Ambiguous,
            // The server rejected the request, or the response was read completely and is not valid.
            TokenEndpointException or OAuthProtocolException => RefreshTokenOutcome.OtherError,
            _ => RefreshTokenOutcome.Ambiguous,
        };
}
