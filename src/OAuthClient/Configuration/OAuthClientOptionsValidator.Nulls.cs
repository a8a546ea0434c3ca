namespace OAuthClient;

internal sealed partial class OAuthClientOptionsValidator
{
    private const string EmptyList = "leave it out, or set an empty list";

    // A null in a configuration file reaches the lists, which the other checks enumerate.
    private static IEnumerable<string> FindNulls(OAuthClientOptions o)
    {
        var adaptation = o.Adaptation ?? new();
        (string Name, object? Value, string Advice)[] members =
        [
            (nameof(o.Scopes), o.Scopes, EmptyList),
            (nameof(o.Resources), o.Resources, EmptyList),
            (nameof(o.RedirectUris), o.RedirectUris, EmptyList),
            (nameof(o.DecryptionKeys), o.DecryptionKeys, EmptyList),
            (nameof(o.TrustedAudiences), o.TrustedAudiences, EmptyList),
            (nameof(o.AllowedTenants), o.AllowedTenants, EmptyList),
            (nameof(o.DangerouslyAllowHttpInTrustedNetwork), o.DangerouslyAllowHttpInTrustedNetwork, EmptyList),
            .. AlgorithmLists(o)
                .Select(list => (list.Name, (object?)list.Algorithms, "leave it out for the default, or name the algorithms")),
            (nameof(o.AuthorizationParameters), o.AuthorizationParameters, "leave it out"),
            (nameof(o.TokenParameters), o.TokenParameters, "leave it out"),
            (nameof(o.RefreshParameters), o.RefreshParameters, "leave it out"),
            (nameof(o.RevocationParameters), o.RevocationParameters, "leave it out"),
            (nameof(o.ClientAssertion), o.ClientAssertion, "leave it out for a client that makes no assertions"),
            (nameof(o.DPoP), o.DPoP, "leave it out for bearer tokens"),
            (nameof(o.Adaptation), o.Adaptation, "leave it out for a server that conforms to the specifications"),
            ("Adaptation.ParameterNames", adaptation.ParameterNames, "leave it out for the standard names"),
            ("Adaptation.ErrorCodes", adaptation.ErrorCodes, "leave it out for the standard error codes"),
            ("Adaptation.BearerTokenTypes", adaptation.BearerTokenTypes, EmptyList),
            ("Adaptation.UserInfoPath", adaptation.UserInfoPath, EmptyList),
            ("Adaptation.TokenPath", adaptation.TokenPath, EmptyList),
        ];
        return from member in members where member.Value is null select $"{member.Name} is null; {member.Advice}.";
    }
}
