using System.Text.Json;
using System.Text.Json.Nodes;

namespace Console;

/// <summary>Prints requests and responses with their secrets redacted.</summary>
internal sealed class HttpTraceHandler : DelegatingHandler
{
    private const string Redacted = "[redacted]";
    private static readonly HashSet<string> Secrets = new(StringComparer.Ordinal)
    {
        "code",
        "code_verifier",
        "client_secret",
        "access_token",
        "refresh_token",
        "id_token",
        "token",
    };

    private static readonly bool Colours = !System.Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;
    private static bool shownResource;

    public static void Say(string text) => System.Console.WriteLine($"\n{Colour("2")}{text}{Colour("0")}");

    public static void Step(int number, string title, string lines) => Print($"{number}  {title}", lines);

    public static string Address(Uri uri) =>
        uri.Query.Length <= 1 ? uri.ToString() : uri.GetLeftPart(UriPartial.Path) + "\n  ?" + Parameters(uri.Query[1..], "\n  &");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string form = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var (asked, answered) = Titles(request, form);
        Print(asked, Request(request, form));
        var response = await base.SendAsync(request, cancellationToken);
        await response.Content.LoadIntoBufferAsync(cancellationToken);
        Print(
            answered,
            $"{(int)response.StatusCode} {response.StatusCode}" + Body(await response.Content.ReadAsStringAsync(cancellationToken))
        );
        return response;
    }

    private static (string Asked, string Answered) Titles(HttpRequestMessage request, string form)
    {
        if (form.Contains("grant_type=authorization_code", StringComparison.Ordinal))
            return ("4  Token request: the code, and the code verifier that proves who began", "5  Token response");
        if (form.Contains("grant_type=refresh_token", StringComparison.Ordinal))
            return ("↻  Refresh, by itself: the refresh token for a new access token", "↻  Token response");
        if (form.Length > 0)
            return ("✕  Revocation", "✕  Revoked");
        if (request.RequestUri!.AbsolutePath.Contains("/.well-known/", StringComparison.Ordinal))
            return ("·  Discovery: the endpoints, from the issuer", "·  Metadata");
        if (!request.Headers.Contains("Authorization"))
            return ("·  The server's signing keys, to validate the ID Token", "·  Key set");
        if (shownResource)
            return ("6  API call, with the new access token", "7  Resource");
        shownResource = true;
        return ("6  API call, with the access token", "7  Resource");
    }

    private static string Request(HttpRequestMessage request, string form)
    {
        string text = $"{request.Method} {request.RequestUri}";
        if (request.Headers.TryGetValues("Authorization", out var values))
            text += $"\nAuthorization: {values.First().Split(' ')[0]} {Redacted}";
        return form.Length == 0 ? text : text + "\n  " + Parameters(form, "\n  &");
    }

    private static string Parameters(string encoded, string separator) =>
        string.Join(
            separator,
            encoded
                .Split('&')
                .Select(pair =>
                    pair.Split('=', 2) is [var name, var value]
                        ? $"{name}={(Secrets.Contains(name) ? Redacted : Uri.UnescapeDataString(value.Replace('+', ' ')))}"
                        : pair
                )
        );

    private static string Body(string body)
    {
        if (body.Length == 0)
            return "";
        try
        {
            if (JsonNode.Parse(body) is not JsonObject json)
                return "\n  " + Short(body);
            foreach (string name in json.Select(member => member.Key).Where(Secrets.Contains).ToList())
                json[name] = Redacted;
            // Metadata and keys are long and the same everywhere; the first members give the idea.
            var shown = json.Take(6).Select(member => $"  {member.Key}: {Short(member.Value?.ToJsonString() ?? "null")}");
            return "\n" + string.Join('\n', shown) + (json.Count > 6 ? $"\n  … and {json.Count - 6} more" : "");
        }
        catch (JsonException)
        {
            return $"\n  ({body.Length} characters that are no JSON)";
        }
    }

    private static string Short(string text) => text.Length <= 100 ? text : text[..99] + "…";

    private static void Print(string title, string lines) =>
        System.Console.WriteLine($"\n{Colour("1;36")}{title}{Colour("0")}\n   {lines.Replace("\n", "\n   ", StringComparison.Ordinal)}");

    private static string Colour(string code) => Colours ? $"\e[{code}m" : "";
}
