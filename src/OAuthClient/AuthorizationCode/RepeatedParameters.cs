using System.Text.Json.Nodes;

namespace OAuthClient;

/// <summary>
/// The parameters that were given for one authorization and that its reauthorization repeats, as a list of names and values in turn, which
/// the pending authorization and the grant store. <c>prompt</c>, <c>max_age</c> and <c>login_hint</c> belong to one authorization and are
/// not repeated.
/// </summary>
internal static class RepeatedParameters
{
    // The list becomes part of a cookie. Longer parameters are not repeated.
    private const int MaximumLength = 1024;

    // With the authorization details, which the pending authorization does not contain otherwise.
    private const int MaximumLengthWithDetails = 2 * 1024;

    // No parameter has these names. The values are those that the pending authorization contains in any case.
    private const string ChosenScopes = "=scope";
    private const string ChosenResources = "=resource";
    private const string RequiredAcrValues = "=acr_values";

    private static readonly string[] NotRepeated = ["id_token_hint", "login_hint_token"];

    /// <summary>Creates the list of an authorization that begins.</summary>
    /// <param name="parameters">The parameters that were given.</param>
    /// <param name="details">The authorization details that are requested, those of the options included.</param>
    public static IReadOnlyList<string> Of(AuthorizationParameters parameters, AuthorizationDetails? details)
    {
        if (ReferenceEquals(parameters, AuthorizationParameters.None))
            return [];
        var repeatable = Repeatable(parameters);
        List<string> values = IsTooLong(repeatable) ? [] : [.. repeatable.SelectMany(pair => new[] { pair.Name, pair.Value })];
        if (
            (parameters.AuthorizationDetails ?? parameters.FurtherAuthorizationDetails) is not null
            && details?.ToJson() is { } json
            && values.Sum(text => text.Length) + json.Length <= MaximumLengthWithDetails
        )
            Add(ParameterNames.AuthorizationDetails, json);
        if (parameters.Scopes is not null || parameters.FurtherScopes.Count > 0)
            Add(ChosenScopes, "");
        if (parameters.Resources is not null)
            Add(ChosenResources, "");
        if (parameters.RequiredAcrValues.Count > 0)
            Add(RequiredAcrValues, "");
        return values;

        void Add(string name, string value) => values.AddRange([name, value]);
    }

    /// <summary>
    /// Finds the names of the parameters that are not repeated because they are too long together; empty if all are repeated.
    /// </summary>
    public static IReadOnlyList<string> FindOmitted(AuthorizationParameters parameters) =>
        !ReferenceEquals(parameters, AuthorizationParameters.None) && Repeatable(parameters) is var repeatable && IsTooLong(repeatable)
            ? [.. repeatable.Select(pair => pair.Name)]
            : [];

    /// <summary>Completes the list for the grant, which outlives the pending authorization.</summary>
    public static IReadOnlyList<string> Of(PendingAuthorization pending) =>
        [
            .. Pairs(pending.Repeated)
                .SelectMany(pair =>
                    pair.Name switch
                    {
                        ChosenScopes => [pair.Name, ScopeList.Join(pending.Scopes)],
                        RequiredAcrValues => [pair.Name, ScopeList.Join(pending.RequiredAcrValues)],
                        _ => new[] { pair.Name, pair.Value },
                    }
                ),
        ];

    /// <summary>Reads the parameters from a grant.</summary>
    /// <param name="grant">The grant; <see langword="null"/> if there is none.</param>
    /// <returns>The parameters.</returns>
    public static AuthorizationParameters Read(Grant? grant)
    {
        if (grant is null || grant.AuthorizationParameters.Count == 0)
            return AuthorizationParameters.None;
        var values = Pairs(grant.AuthorizationParameters).ToDictionary(pair => pair.Name, pair => pair.Value);
        return new()
        {
            AcrValues = Take(ParameterNames.AcrValues),
            UiLocales = Take(ParameterNames.UiLocales),
            Claims = Take(ParameterNames.Claims),
            Scopes = Take(ChosenScopes) is { } scopes ? ScopeList.Split(scopes) : null,
            RequiredAcrValues = Take(RequiredAcrValues) is { } required ? ScopeList.Split(required) : [],
            Resources = Take(ChosenResources) is null ? null : [.. grant.Resources.Select(resource => new Uri(resource))],
            AuthorizationDetails = Take(ParameterNames.AuthorizationDetails) is { } details ? AuthorizationDetails.TryParse(details) : null,
            Additional = values,
        };

        string? Take(string name) => values.Remove(name, out string? value) ? value : null;
    }

    /// <summary>
    /// Merges the authentication context classes of a reauthorization. The application's required ones stay required when an API states
    /// others, because the API must not lower the authentication on which the application relies.
    /// </summary>
    /// <param name="repeated">The parameters of the grant.</param>
    /// <param name="exception">What is required; <see langword="null"/> if nothing is.</param>
    /// <returns>The values to send, and those to require.</returns>
    public static (string? Sent, IReadOnlyCollection<string> Required) MergeAcrValues(
        AuthorizationParameters repeated,
        ReauthorizationRequiredException? exception
    )
    {
        var required = repeated.RequiredAcrValues;
        if (exception is not { AcrValues.Count: > 0 })
            return (repeated.AcrValues, required);
        string sent = ScopeList.Join(exception.AcrValues);
        // A grant that required values requires those of the exception: a user can remove acr_values from the address.
        if (!exception.IsFromApi || (required.Count > 0 && exception.AcrValues.All(required.Contains)))
            return (sent, required.Count > 0 ? exception.AcrValues : []);
        var own = repeated.AcrValues is { } values ? ScopeList.Split(values) : required;
        return (ScopeList.Join([.. exception.AcrValues.Union(own)]), required);
    }

    /// <summary>
    /// Merges the <c>claims</c> parameter of a reauthorization. The claims of an API are added to those of the application, and ignored if
    /// they would change one of them.
    /// </summary>
    /// <param name="repeated">The parameters of the grant.</param>
    /// <param name="exception">What is required; <see langword="null"/> if nothing is.</param>
    /// <returns>The parameter; <see langword="null"/> if there is none.</returns>
    public static string? MergeClaims(AuthorizationParameters repeated, ReauthorizationRequiredException? exception)
    {
        if (exception?.Claims is not { } required || repeated.Claims is not { } own)
            return exception?.Claims ?? repeated.Claims;
        if (!exception.IsFromApi)
            return required;
        if (RequiredAuthorization.FindClaimsFailure(own) is not null || RequiredAuthorization.FindClaimsFailure(required) is not null)
            return own;
        var merged = JsonNode.Parse(own)!.AsObject();
        foreach (var (name, added) in JsonNode.Parse(required)!.AsObject())
        {
            if (!merged.TryGetPropertyValue(name, out var present))
                merged.Add(name, added?.DeepClone());
            else if (
                present is JsonObject members
                && added is JsonObject further
                && !further.Any(member => members.ContainsKey(member.Key))
            )
            {
                foreach (var (claim, request) in further)
                    members.Add(claim, request?.DeepClone());
            }
            else
                return own;
        }
        string text = merged.ToJsonString();
        return RequiredAuthorization.FindClaimsFailure(text) is null ? text : own;
    }

    private static List<(string Name, string Value)> Repeatable(AuthorizationParameters parameters)
    {
        List<(string Name, string Value)> repeatable = [];
        // What an API added is for its call only. A later challenge, such as another time in the claims, would conflict with it.
        var own = parameters.WithoutApi ?? parameters;
        Add(ParameterNames.AcrValues, own.AcrValues);
        Add(ParameterNames.UiLocales, parameters.UiLocales);
        Add(ParameterNames.Claims, own.Claims);
        foreach (var (name, value) in parameters.Additional)
        {
            if (!NotRepeated.Contains(name, StringComparer.OrdinalIgnoreCase))
                Add(name, value);
        }
        return repeatable;

        void Add(string name, string? value)
        {
            if (value is not null)
                repeatable.Add((name, value));
        }
    }

    private static bool IsTooLong(List<(string Name, string Value)> parameters) =>
        parameters.Sum(pair => pair.Name.Length + pair.Value.Length) > MaximumLength;

    private static IEnumerable<(string Name, string Value)> Pairs(IReadOnlyList<string> values) =>
        values.Chunk(2).Where(pair => pair.Length == 2).Select(pair => (pair[0], pair[1]));
}
