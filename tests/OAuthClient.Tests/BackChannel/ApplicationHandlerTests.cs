using Microsoft.Extensions.DependencyInjection;
using OAuthClient.Testing;

namespace OAuthClient.Tests;

/// <summary>Tests that handlers of the application on the back channel may read requests and set headers.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class ApplicationHandlerTests
{
    [Test]
    [Description(
        "RFC 6749 §4.1.2: a handler reads the body of a token request before and after it is sent, as a log does; this is no second send, "
            + "and the code and the refresh token are sent once"
    )]
    public async Task A_handler_may_read_the_body_before_and_after_the_send([Values] bool readsBefore)
    {
        ReadingHandler handler = new(readsBefore);
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => handler)
        );

        var grant = await host.SignInAsync();
        host.Clock.Advance(TimeSpan.FromHours(2));
        await host.Client.GetAccessTokenAsync(grant.Owner);

        Assert.That(
            host.Server.RequestsTo(TestEndpoint.Token).Select(request => request.Form["grant_type"]),
            Is.EqualTo(new[] { "authorization_code", "refresh_token" })
        );
        Assert.That(handler.Bodies, Has.All.Contains("grant_type="));
        Assert.That(handler.Bodies, Has.Count.EqualTo(readsBefore ? 6 : 4));
    }

    [Test]
    [Description("RFC 6749 §4.1.2: a body that a handler replaces is sent once, and the handler may read its own afterwards")]
    public async Task A_handler_may_replace_the_body()
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
            builder.BackChannel.AddHttpMessageHandler(() => new ReplacingHandler())
        );
        await host.SignInAsync();
        Assert.That(host.Server.RequestsTo(TestEndpoint.Token).Single().Form["added"], Is.EqualTo("1"));
    }

    [Test]
    [Description("RFC 9110 §10.1.5: each request names the library and its version")]
    public async Task Requests_name_the_library()
    {
        await using var host = await OAuthTestHost.StartAsync(o => o.Scopes = ["openid"]);
        await host.SignInAsync();

        var agents = host
            .Server.Requests.Where(request => request.Endpoint is TestEndpoint.Metadata or TestEndpoint.Jwks or TestEndpoint.Token)
            .Select(request => request.Headers.GetValueOrDefault("User-Agent"))
            .ToList();
        Assert.That(agents, Has.Count.EqualTo(3).And.All.Matches(@"^OAuthClient/\d+\.\d+\.\d+$"));
    }

    [Test]
    [Description("RFC 9110 §10.1.5: the header of the application takes precedence, from the HTTP client or from a handler")]
    public async Task The_application_sets_its_own_user_agent([Values] bool byHandler)
    {
        await using var host = await OAuthTestHost.StartAsync(register: builder =>
        {
            if (byHandler)
                builder.BackChannel.AddHttpMessageHandler(() => new UserAgentHandler());
            else
                builder.BackChannel.ConfigureHttpClient(http => http.DefaultRequestHeaders.UserAgent.ParseAdd("PhotoApp/2.0"));
        });
        await host.Client.GetAccessTokenAsync(GrantOwner.Client);

        Assert.That(host.Server.Requests.Select(request => request.Headers["User-Agent"]), Is.All.EqualTo("PhotoApp/2.0"));
    }

    private sealed class ReadingHandler(bool readsBefore) : DelegatingHandler
    {
        public List<string> Bodies { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is not { } content)
                return await base.SendAsync(request, cancellationToken);
            if (readsBefore)
                Bodies.Add(await content.ReadAsStringAsync(cancellationToken));
            var response = await base.SendAsync(request, cancellationToken);
            using MemoryStream copy = new();
            await request.Content.CopyToAsync(copy, cancellationToken);
            Bodies.Add(System.Text.Encoding.UTF8.GetString(copy.ToArray()));
            Bodies.Add(await request.Content.ReadAsStringAsync(cancellationToken));
            return response;
        }
    }

    private sealed class ReplacingHandler : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Content is not { } content)
                return await base.SendAsync(request, cancellationToken);
            request.Content = new StringContent(
                await content.ReadAsStringAsync(cancellationToken) + "&added=1",
                new System.Net.Http.Headers.MediaTypeHeaderValue("application/x-www-form-urlencoded")
            );
            var response = await base.SendAsync(request, cancellationToken);
            Assert.That(await request.Content.ReadAsStringAsync(cancellationToken), Does.EndWith("&added=1"));
            return response;
        }
    }

    private sealed class UserAgentHandler : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.UserAgent.ParseAdd("PhotoApp/2.0");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
