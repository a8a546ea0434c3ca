using System.Diagnostics;
using System.Text.Json;

namespace OAuthClient;

/// <summary>What the server says about the user (OpenID Connect Core §5.3.2).</summary>
[DebuggerDisplay("UserInfo")]
public sealed class UserInfo
{
    internal UserInfo(string subject, JsonElement claims)
    {
        Subject = subject;
        Claims = claims;
    }

    /// <summary>The user's identifier at this server: unique and never reassigned there, and the same as in the ID Token.</summary>
    public string Subject { get; }

    /// <summary>All claims as the server sent them, such as <c>name</c> or <c>email</c> (§5.1).</summary>
    public JsonElement Claims { get; }

    /// <summary>A claim that is a text, or <see langword="null"/> when it is absent or something else.</summary>
    /// <param name="claim">The claim's name.</param>
    public string? this[string claim] => Claims.TextIfAny(claim);

    /// <summary>Names no claim's value.</summary>
    public override string ToString() => "UserInfo";
}
