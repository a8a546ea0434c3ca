using System.Text;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Serves the requests to a <see cref="TestResourceServer"/>.</summary>
internal sealed class ProtectedResource(ServerState authorizationServer, TestResourceServerOptions options, Uri baseAddress)
{
    private static readonly (string Id, string Title, string Sky, string Land)[] Photos =
    [
        ("1", "Morning at the lake", "#fbc2a4", "#5b7fa6"),
        ("2", "Dunes", "#9fd3f5", "#e0b878"),
        ("3", "Pine forest", "#cfe3d4", "#2f5d46"),
        ("4", "City by night", "#2b2f5b", "#0f1226"),
    ];

    private readonly DPoPVerifier _proofs = new(authorizationServer, () => options.RequireDPoPNonces, () => options.RotateDPoPNonces);

    /// <summary>Replaces the nonce that proofs must contain.</summary>
    public void RotateNonce() => _proofs.RotateNonce();

    public Reply Answer(RecordedRequest request)
    {
        var reply = Process(request);
        return reply.Status == 401 && options.Challenge is { } challenge ? Challenged(reply, challenge) : reply;
    }

    private Reply Process(RecordedRequest request) =>
        AccessTokenVerifier.Check(
            request,
            options.Realm,
            authorizationServer,
            _proofs,
            options.RequiredScope,
            IsAudienceValid,
            token =>
                request.Path switch
                {
                    "/me" => request.Method is "GET" ? Reply.Json(200, Me(token)) : Reply.MethodNotAllowed("GET"),
                    "/echo" => Reply.Json(200, Echo(request)),
                    "/photos" => request.Method is "GET" ? Reply.Json(200, PhotoList()) : Reply.MethodNotAllowed("GET"),
                    _ => Reply.NotFound(),
                }
        );

    private static Reply Challenged(Reply reply, string challenge)
    {
        reply = reply with { Headers = [.. reply.Headers.Where(header => header.Key != "WWW-Authenticate")] };
        return challenge.Length == 0 ? reply : reply.With("WWW-Authenticate", challenge);
    }

    /// <summary>Compares resources as URIs, because a resource without a path can be written with or without a trailing slash.</summary>
    private bool IsAudienceValid(IssuedAccessToken token) =>
        token.Resources is []
            ? !options.RequireResource
            : token.Resources.Any(resource => new Uri(resource) == (options.Resource ?? baseAddress));

    private static JsonObject Me(IssuedAccessToken token)
    {
        JsonObject me = token.Grant.User is { } user ? UserInfoEndpoint.Claims(user, token.Scopes) : [];
        me["client_id"] = token.Grant.Client.ClientId;
        me["scope"] = string.Join(' ', token.Scopes);
        return me;
    }

    private static JsonObject Echo(RecordedRequest request) =>
        new()
        {
            ["method"] = request.Method,
            ["path"] = request.Path,
            ["query"] = Members(request.Query),
            ["headers"] = Members(request.Headers),
            ["body"] = request.Body,
        };

    private static JsonObject Members(IReadOnlyDictionary<string, string> values) =>
        new([.. values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))]);

    private static JsonArray PhotoList() =>
        new([
            .. Photos.Select(photo => new JsonObject
            {
                ["id"] = photo.Id,
                ["title"] = photo.Title,
                ["image"] = "data:image/svg+xml;base64," + Convert.ToBase64String(Encoding.UTF8.GetBytes(Draw(photo.Sky, photo.Land))),
            }),
        ]);

    private static string Draw(string sky, string land) =>
        $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 320 200\"><rect width=\"320\" height=\"200\" fill=\"{sky}\"/>"
        + "<circle cx=\"236\" cy=\"58\" r=\"24\" fill=\"#fff\" opacity=\".85\"/>"
        + $"<path d=\"M0 200V138q64-46 128-8t192-22v92z\" fill=\"{land}\"/>"
        + $"<path d=\"M0 200v-26q96-34 176-8t144-14v48z\" fill=\"{land}\" opacity=\".7\"/></svg>";
}
