using System.Text.Json.Nodes;
using OAuthClient.Testing;

namespace OAuthClient.Conformance;

/// <summary>Prepares, for each endpoint that the library calls, a call whose next request is sent to that endpoint.</summary>
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

    /// <summary>The endpoints whose response has a body that is read; for a revocation only the status counts (RFC 7009 §2.2).</summary>
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
            TestEndpoint.Introspection => () => party.Service<TokenIntrospection>().IntrospectAsync("a-presented-token"),
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

    /// <summary>Returns a valid response for the call.</summary>
    public static async Task<string> GetValidResponseAsync(RelyingParty party, TestEndpoint endpoint)
    {
        switch (endpoint)
        {
            case TestEndpoint.Token:
                return """{"access_token":"confidential-text","token_type":"Bearer","expires_in":60}""";
            case TestEndpoint.UserInfo:
                return """{"sub":"alice","name":"confidential-text"}""";
            case TestEndpoint.Introspection:
                return """{"active":true,"sub":"confidential-text"}""";
            case TestEndpoint.Registration:
                JsonObject? registration = null;
                party.Server.Options.OnRegistration = response => registration = response.DeepClone().AsObject();
                await party.Service<DynamicRegistration>().RegisterAsync().Promptly();
                await party.Service<DynamicRegistration>().DeleteAsync().Promptly();
                party.Server.ClearRequests();
                registration!["client_name"] = "confidential-text";
                return registration.ToJsonString();
            default:
                using (HttpClient http = new() { BaseAddress = party.Server.Issuer })
                {
                    var response = JsonNode.Parse(
                        await http.GetStringAsync(
                            endpoint == TestEndpoint.Jwks
                                ? party.Server.JwksUri
                                : new("/.well-known/openid-configuration", UriKind.Relative)
                        )
                    )!;
                    response["comment"] = "confidential-text";
                    party.Server.ClearRequests();
                    return response.ToJsonString();
                }
        }
    }
}
