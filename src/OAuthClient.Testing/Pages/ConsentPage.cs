using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Creates the consent page.</summary>
internal static class ConsentPage
{
    // The page encodes the text.
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Reply Create(ServerState server, ReceivedAuthorizationRequest request, TestUser user, string ticket) =>
        Create(
            server.Address("/consent"),
            request.Client,
            new RequestedAccess(request.Scopes, request.Resources, request.AuthorizationDetails),
            user,
            ticket,
            $"You will be redirected to <strong>{Page.Encode(Host(request.RedirectUri))}</strong>"
        );

    /// <summary>Creates the consent page for any request.</summary>
    /// <param name="action">The address of the form.</param>
    /// <param name="requester">The client.</param>
    /// <param name="request">The requested access.</param>
    /// <param name="user">The signed-in user.</param>
    /// <param name="ticket">The ticket of the form.</param>
    /// <param name="note">What happens next, as encoded HTML.</param>
    public static Reply Create(string action, TestClient requester, RequestedAccess request, TestUser user, string ticket, string note)
    {
        string client = requester.DisplayName ?? requester.ClientId;
        string scopes = request.Scopes is []
            ? "<p>It requests no specific permissions.</p>"
            : $"<ul>{string.Concat(request.Scopes.Select(Item))}</ul>";
        string resources = request.Resources is []
            ? ""
            : $"<p class=\"note\">For use at {string.Join(", ", request.Resources.Select(Page.Encode))}</p>";
        string details = request.AuthorizationDetails is { } requested
            ? $"<ul class=\"details\">{string.Concat(requested.Select(Details))}</ul>"
            : "";
        return Page.Create(
            200,
            "consent",
            "Allow access",
            $"""
            {Page.Mark(client)}
            <h1>Allow {Page.Encode(client)}?</h1>
            <p>You are signed in as <strong>{Page.Encode(user.UserName)}</strong>. The application would like to:</p>
            <form method="post" action="{Page.Encode(action)}">
            {Page.Hidden("ticket", ticket)}
            {scopes}
            {details}
            <div class="actions">
            <button class="main" type="submit" name="decision" value="allow">Allow</button>
            <button type="submit" name="decision" value="deny">Deny</button>
            </div>
            </form>
            {resources}
            <p class="note">{note}</p>
            """
        );
    }

    private static string Item(string scope)
    {
        string disabled = scope is "openid" ? " disabled" : "";
        return $"<li><label><input type=\"checkbox\" name=\"scope\" value=\"{Page.Encode(scope)}\" checked{disabled}>"
            + $"<span>{Page.Encode(Meaning(scope))}<small>{Page.Encode(scope)}</small></span></label></li>";
    }

    // Each object as the server received it (RFC 9396 §11.2).
    private static string Details(JsonNode? one) =>
        $"<li><span>{Page.Encode((string)one!["type"]!)}<small>{Page.Encode(one.ToJsonString(Readable))}</small></span></li>";

    private static string Meaning(string scope) =>
        scope switch
        {
            "openid" => "Identify you",
            "profile" => "See your name and profile",
            "email" => "See your email address",
            "address" => "See your postal address",
            "phone" => "See your phone number",
            "offline_access" => "Access your data when you are offline",
            "photos.read" => "See your photos",
            "photos.write" => "Add and change your photos",
            "api" => "Use the API on your behalf",
            _ => "Use " + scope,
        };

    private static string Host(string redirectUri) => new Uri(redirectUri) is { Authority.Length: > 0 } uri ? uri.Authority : redirectUri;
}
