using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>For each endpoint that the library calls itself, a call of which it is the next to be asked.</summary>
internal static class Calls
{
    public static readonly IReadOnlyList<TestEndpoint> Endpoints =
        [TestEndpoint.Metadata, TestEndpoint.Jwks, TestEndpoint.Token, TestEndpoint.UserInfo, TestEndpoint.Revocation];

    /// <summary>Those whose answer means something: a revocation's is its status alone (RFC 7009 §2.2).</summary>
    public static readonly IReadOnlyList<TestEndpoint> Readable = [.. Endpoints.Except([TestEndpoint.Revocation])];

    public static async Task<Func<Task>> PrepareAsync(RelyingParty party, TestEndpoint endpoint)
    {
        Func<Task> call = endpoint switch
        {
            TestEndpoint.Token => () => party.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])),
            TestEndpoint.UserInfo => () => party.Client.GetUserInfoAsync(RelyingParty.Owner),
            TestEndpoint.Revocation => () => party.Client.RevokeAsync(RelyingParty.Owner),
            _ => () => party.SignInAsync(),
        };
        if (endpoint is TestEndpoint.Jwks or TestEndpoint.UserInfo or TestEndpoint.Revocation)
            await party.SignInAsync();
        if (endpoint is TestEndpoint.Jwks)
            party.Server.RotateSigningKey(keepPrevious: false);
        party.Server.ClearRequests();
        return () => call().Promptly();
    }

    /// <summary>An answer that the call would be content with.</summary>
    public static async Task<string> GoodAnswerAsync(RelyingParty party, TestEndpoint endpoint)
    {
        switch (endpoint)
        {
            case TestEndpoint.Token:
                return """{"access_token":"kept-to-itself","token_type":"Bearer","expires_in":60}""";
            case TestEndpoint.UserInfo:
                return """{"sub":"alice","name":"kept-to-itself"}""";
            default:
                using (HttpClient http = new() { BaseAddress = party.Server.Issuer })
                {
                    var answer = JsonNode.Parse(await http.GetStringAsync(endpoint == TestEndpoint.Jwks ? party.Server.JwksUri : new("/.well-known/openid-configuration", UriKind.Relative)))!;
                    answer["comment"] = "kept-to-itself";
                    party.Server.ClearRequests();
                    return answer.ToJsonString();
                }
        }
    }
}
