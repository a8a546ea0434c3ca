using System.Text.Json.Nodes;

namespace OAuthClient.Testing;

/// <summary>Applies defects to the metadata and to the parameters of redirects to the client.</summary>
internal static class ParameterDefects
{
    public static void ApplyToMetadata(Defect defect, JsonObject metadata)
    {
        switch (defect)
        {
            case Defect.MetadataWrongIssuer:
                metadata["issuer"] = ClaimDefects.OtherIssuer;
                break;
            case Defect.MetadataMissingIssuer:
                metadata.Remove("issuer");
                break;
            case Defect.MetadataOnlyPlainCodeChallenge:
                metadata["code_challenge_methods_supported"] = new JsonArray("plain");
                break;
        }
    }

    public static void ApplyToCallback(Defect defect, IList<KeyValuePair<string, string>> parameters)
    {
        switch (defect)
        {
            case Defect.CallbackWrongState:
                Replace(parameters, "state", Randomness.Token());
                break;
            case Defect.CallbackMissingState:
                Replace(parameters, "state", null);
                break;
            case Defect.CallbackWrongIssuer:
                Replace(parameters, "iss", ClaimDefects.OtherIssuer);
                break;
            case Defect.CallbackMissingIssuer:
                Replace(parameters, "iss", null);
                break;
            case Defect.CallbackDuplicateCode:
                Duplicate(parameters, "code");
                break;
            case Defect.CallbackDuplicateState:
                Duplicate(parameters, "state");
                break;
        }
    }

    public static void ApplyToPostLogout(Defect defect, IList<KeyValuePair<string, string>> parameters)
    {
        if (defect is Defect.PostLogoutWrongState)
            Replace(parameters, "state", Randomness.Token());
        if (defect is Defect.PostLogoutMissingState)
            Replace(parameters, "state", null);
    }

    private static void Replace(IList<KeyValuePair<string, string>> parameters, string name, string? value)
    {
        for (int index = parameters.Count - 1; index >= 0; index--)
        {
            if (parameters[index].Key != name)
                continue;
            parameters.RemoveAt(index);
            if (value is not null)
                parameters.Insert(index, new(name, value));
        }
    }

    private static void Duplicate(IList<KeyValuePair<string, string>> parameters, string name)
    {
        if (parameters.FirstOrDefault(pair => pair.Key == name) is { Key: not null } found)
            parameters.Add(found);
    }
}
