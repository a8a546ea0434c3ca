using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>
/// Tests that responses are parsed regardless of their Content-Type, and that an invalid one causes no unexpected exception.
/// </summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ContentTypeTests
{
    private static readonly string[] Invalid =
    [
        "application/json; charset=utf-7",
        "application/json; charset=\"",
        "application/json; charset=no-such",
        "application/json;;;=",
        "\u00e4",
        "application/json; charset=",
        "multipart/form-data; boundary=\"",
    ];

    [TestCaseSource(nameof(Invalid))]
    [Description("RFC 8259 §8.1: JSON is UTF-8; a token response with an invalid charset is accepted")]
    public async Task A_token_response_is_accepted(string contentType)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => Typed(200, ScriptedServer.Tokens("at"), contentType));
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
        Assert.That(response.AccessToken.Reveal(), Is.EqualTo("at"));
    }

    [TestCaseSource(nameof(Invalid))]
    [Description("RFC 6749 §5.2: a body that is not JSON is an error of the endpoint, at every endpoint")]
    public async Task A_body_that_is_not_JSON_is_an_endpoint_error(string contentType)
    {
        await using ScriptedServer server = new(o =>
        {
            o.Issuer = new(ScriptedServer.Origin);
            o.JwksUri = new(ScriptedServer.Origin + "/jwks");
            o.IntrospectionEndpoint = new(ScriptedServer.Origin + "/introspect");
        });
        await server.SignedInAsync(ScriptedServer.Tokens("at", "rt"));
        var introspection = server.Services.GetRequiredService<TokenIntrospection>();
        var logout = server.Services.GetRequiredService<OpenIdLogout>();
        foreach (int status in new[] { 200, 400 })
        {
            server.Answers(_ => Typed(status, "<html>", contentType));
            Assert.That(() => server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()), Throws.TypeOf<TokenEndpointException>());
            Assert.That(() => introspection.IntrospectAsync("t"), Throws.TypeOf<EndpointException>());
            Assert.That(() => server.Client.GetUserInfoAsync(GrantOwner.User("42")), Throws.TypeOf<EndpointException>());
            Assert.That(() => logout.ProcessBackChannelLogoutAsync(LogoutTokens.Unsigned(server)), Throws.TypeOf<EndpointException>());
        }
    }

    private static HttpResponseMessage Typed(int status, string body, string contentType)
    {
        HttpResponseMessage response = new((HttpStatusCode)status) { Content = new StringContent(body) };
        response.Content.Headers.Remove("Content-Type");
        response.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return response;
    }
}
