using System.Collections.ObjectModel;

namespace OAuthClient;

/// <summary>What one logout request asks beyond its registration (OpenID Connect RP-Initiated Logout §2).</summary>
public sealed class LogoutParameters
{
    /// <summary>Nothing beyond the registration.</summary>
    internal static readonly LogoutParameters None = new();

    /// <summary>Only the grants of this session end, as in <see cref="Grant.SessionId"/>, and those of which no session is known; all of the owner's when neither it nor <see cref="SignInId"/> is set.</summary>
    public string? SessionId { get; init; }

    /// <summary>The same for the session here, as in <see cref="Grant.SignInId"/>: of a server that names no sessions it ends the one, and not those of the user's other browsers.</summary>
    public string? SignInId { get; init; }

    /// <summary>Who signs out, when the ID Token is not enough for the server: mostly what was the <c>login_hint</c>.</summary>
    public string? LogoutHint { get; init; }

    /// <summary>The user's languages, best first, separated by spaces (BCP 47).</summary>
    public string? UiLocales { get; init; }

    /// <summary>Leaves out the state, for a server that does not give it back: then anyone can send the browser to the address of the return, and it says nothing.</summary>
    public bool OmitState { get; init; }

    /// <summary>Anything else the server understands. Names that the library sets (<c>id_token_hint</c>, <c>state</c>, …) are refused.</summary>
    public IReadOnlyDictionary<string, string> Additional { get; init; } = ReadOnlyDictionary<string, string>.Empty;
}
