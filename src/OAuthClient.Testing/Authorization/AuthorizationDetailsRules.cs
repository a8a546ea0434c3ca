using System.Text.Json;
using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Validates and compares authorization details (RFC 9396 §5, §6).</summary>
internal static class AuthorizationDetailsRules
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    // RFC 9396 §2.2
    private static readonly string[] CommonLists = ["locations", "actions", "datatypes", "privileges"];

    /// <summary>Parses requested authorization details. Each object must be of a registered type and have only its members.</summary>
    /// <param name="text">The value of the parameter; null if the request has none.</param>
    /// <param name="client">The client that requests them.</param>
    /// <param name="options">The options, which register the types.</param>
    /// <returns>The array; null if the request has none.</returns>
    /// <exception cref="OAuthErrorException">The value is malformed, or an object is not of a registered type.</exception>
    public static JsonArray? Parse(string? text, TestClient client, TestAuthorizationServerOptions options)
    {
        if (text is null)
            return null;
        if (ParseArray(text) is not { Count: > 0 } details)
            throw Invalid("The authorization_details must be a JSON array of objects.");
        foreach (JsonNode? item in details)
        {
            if (FindProblem(item, client, options) is { } problem)
                throw Invalid(problem);
        }

        return details;
    }

    /// <summary>
    /// Returns the requested authorization details, each of which must be a part of a granted one, or all granted ones if none was
    /// requested (§6). An object is a part of another one if its lists are a part of the other's lists and its other members are equal. It
    /// then has the members of the other one that it does not state, such as those that the server added (§7.1).
    /// </summary>
    /// <param name="granted">The granted authorization details; null if there are none.</param>
    /// <param name="text">The value of the parameter; null if the request has none.</param>
    /// <param name="client">The client that requests them.</param>
    /// <param name="options">The options, which register the types.</param>
    /// <exception cref="OAuthErrorException">The value is malformed, or more than what was granted.</exception>
    public static JsonArray? Narrow(JsonArray? granted, string? text, TestClient client, TestAuthorizationServerOptions options)
    {
        if (Parse(text, client, options) is not { } requested)
            return granted;
        return new([
            .. requested.Select(item =>
                (granted ?? []).Select(other => Narrow(other!.AsObject(), item!.AsObject())).FirstOrDefault(part => part is not null)
                ?? throw Invalid("The authorization_details exceed what was granted.")
            ),
        ]);
    }

    private static JsonObject? Narrow(JsonObject granted, JsonObject requested)
    {
        JsonObject part = granted.DeepClone().AsObject();
        foreach ((string name, JsonNode? value) in requested)
        {
            if (!granted.TryGetPropertyValue(name, out JsonNode? other) || !IsPart(value, other))
                return null;
            part[name] = value?.DeepClone();
        }

        return part;
    }

    private static bool IsPart(JsonNode? value, JsonNode? granted) =>
        value is JsonArray items && granted is JsonArray all
            ? items.All(item => all.Any(one => JsonNode.DeepEquals(item, one)))
            : JsonNode.DeepEquals(value, granted);

    private static string? FindProblem(JsonNode? item, TestClient client, TestAuthorizationServerOptions options)
    {
        if (item is not JsonObject details || details["type"] is not JsonValue typeValue || !typeValue.TryGetValue(out string? type))
            return "Each object of the authorization_details must have a type.";
        if (!options.AuthorizationDetailsTypes.TryGetValue(type, out IReadOnlyCollection<string>? members))
            return $"The type {type} is not supported.";
        if (client.AllowedAuthorizationDetailsTypes?.Contains(type) is false)
            return $"The type {type} is not allowed for this client.";
        foreach ((string name, JsonNode? value) in details)
        {
            bool isList = CommonLists.Contains(name);
            if (name is not ("type" or "identifier") && !isList && !members.Contains(name))
                return $"The member {name} is unknown in the type {type}.";
            if (isList && (value is not JsonArray list || list.Any(one => one?.GetValueKind() is not JsonValueKind.String)))
                return $"The member {name} must be an array of strings.";
            if (name is "identifier" && value?.GetValueKind() is not JsonValueKind.String)
                return "The member identifier must be a string.";
        }

        return null;
    }

    private static JsonArray? ParseArray(string? text)
    {
        try
        {
            return text is null ? null : JsonNode.Parse(text, documentOptions: Strict) as JsonArray;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static OAuthErrorException Invalid(string description) => new("invalid_authorization_details", description);
}
