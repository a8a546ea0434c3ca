using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>For each endpoint that the library calls itself, a call of which it is the next to be asked.</summary>
internal static class Calls
{
    public static readonly IReadOnlyList<TestEndpoint> Endpoints =
    [
        TestEndpoint.Metadata,
        TestEndpoint.Jwks,
        TestEndpoint.Token,
        TestEndpoint.UserInfo,
        TestEndpoint.Revocation,
        TestEndpoint.Introspection,
        TestEndpoint.Registration,
    ];

    /// <summary>Those whose answer means something: a revocation's is its status alone (RFC 7009 §2.2).</summary>
    public static readonly IReadOnlyList<TestEndpoint> Readable = [.. Endpoints.Except([TestEndpoint.Revocation])];

    public static Task<RelyingParty> StartAsync(TestEndpoint endpoint, Action<OAuthClientBuilder>? register = null) =>
        endpoint is TestEndpoint.Registration
            ? RelyingParty.StartAsync(
                RelyingParty.Unregistered,
                server: o => o.AllowRegistration = true,
                register: builder =>
                {
                    builder.RegisterDynamically();
                    register?.Invoke(builder);
                }
            )
            : RelyingParty.StartAsync(register: register);

    public static async Task<Func<Task>> PrepareAsync(RelyingParty party, TestEndpoint endpoint)
    {
        Func<Task> call = endpoint switch
        {
            TestEndpoint.Token => () => party.Client.RequestTokenAsync(TokenRequest.ClientCredentials(["api"])),
            TestEndpoint.UserInfo => () => party.Client.GetUserInfoAsync(RelyingParty.Owner),
            TestEndpoint.Revocation => () => party.Client.RevokeAsync(RelyingParty.Owner),
            TestEndpoint.Introspection => () => party.Service<TokenIntrospection>().IntrospectAsync("a-token-that-somebody-presented"),
            TestEndpoint.Registration => () => party.Service<DynamicRegistration>().RegisterAsync(),
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
            case TestEndpoint.Introspection:
                return """{"active":true,"sub":"kept-to-itself"}""";
            case TestEndpoint.Registration:
                JsonObject? heard = null;
                party.Server.Options.OnRegistration = answer => heard = answer.DeepClone().AsObject();
                await party.Service<DynamicRegistration>().RegisterAsync().Promptly();
                await party.Service<DynamicRegistration>().DeleteAsync().Promptly();
                party.Server.ClearRequests();
                heard!["client_name"] = "kept-to-itself";
                return heard.ToJsonString();
            default:
                using (HttpClient http = new() { BaseAddress = party.Server.Issuer })
                {
                    var answer = JsonNode.Parse(
                        await http.GetStringAsync(
                            endpoint == TestEndpoint.Jwks
                                ? party.Server.JwksUri
                                : new("/.well-known/openid-configuration", UriKind.Relative)
                        )
                    )!;
                    answer["comment"] = "kept-to-itself";
                    party.Server.ClearRequests();
                    return answer.ToJsonString();
                }
        }
    }
}
