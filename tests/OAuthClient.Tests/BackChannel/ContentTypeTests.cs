using System.Net;
using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>A server's answer is read as what it is, whatever its Content-Type says: an odd one causes no unexpected exception.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ContentTypeTests
{
    private static readonly string[] Odd =
    [
        "application/json; charset=utf-7",
        "application/json; charset=\"",
        "application/json; charset=no-such",
        "application/json;;;=",
        "\u00e4",
        "application/json; charset=",
        "multipart/form-data; boundary=\"",
    ];

    [TestCaseSource(nameof(Odd))]
    [Description("RFC 8259 §8.1: JSON is UTF-8; a token response with an odd charset is used")]
    public async Task A_token_response(string contentType)
    {
        await using ScriptedServer server = new();
        server.Answers(_ => Typed(200, ScriptedServer.Tokens("at"), contentType));
        var response = await server.Client.RequestTokenAsync(TokenRequest.ClientCredentials()).Promptly();
        Assert.That(response.AccessToken.Reveal(), Is.EqualTo("at"));
    }

    [TestCaseSource(nameof(Odd))]
    [Description("RFC 6749 §5.2: what is no JSON is the endpoint's failure, with a sentence, at every endpoint")]
    public async Task No_JSON(string contentType)
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
