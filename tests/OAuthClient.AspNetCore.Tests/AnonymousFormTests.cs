using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>A form that anyone may post and that cannot be read is a protocol error, whatever the framework makes of it.</summary>
public sealed class AnonymousFormTests
{
    private const string Form = "application/x-www-form-urlencoded";

    private static readonly string[] Unreadable =
    [
        Form + "; charset=utf-7",
        Form + "; charset=no-such",
        Form + "; charset=\"",
        Form + "; charset=\"utf-7\"",
        Form + ";;=",
        Form + "; =",
        "multipart/form-data",
        "multipart/form-data; boundary=\"",
        "multipart/form-data; boundary=x",
        "application/json",
        "text/plain; charset=utf-7",
    ];

    private App app = null!;

    [SetUp]
    public async Task StartAsync() => app = await OpenIdApp.StartAsync();

    [TearDown]
    public async Task StopAsync() => await app.DisposeAsync();

    [TestCaseSource(nameof(Unreadable))]
    [Description("OAuth 2.0 Form Post Response Mode §2: a callback whose form cannot be read is a protocol violation")]
    public async Task A_callback(string contentType)
    {
        foreach (string prefix in new[] { "", "/mvc" })
            (await PostAsync($"{prefix}/callback", "code=c&state=s", contentType)).RequireRefusal("OAuthProtocolException", "form");
    }

    [TestCaseSource(nameof(Unreadable))]
    [Description("Back-Channel Logout §2.8: a logout token whose form cannot be read is answered with 400, and not with 500 or 503")]
    public async Task A_logout_token(string contentType) =>
        Assert.That((await PostAsync("/logout/back", "logout_token=t", contentType)).Status, Is.EqualTo(HttpStatusCode.BadRequest));

    [TestCaseSource(nameof(Unreadable))]
    [Description("OpenID Connect Core §4: the same for a login that another site begins")]
    public async Task A_login(string contentType) =>
        Assert.That((await PostAsync("/login", "iss=i", contentType)).Status, Is.EqualTo(HttpStatusCode.BadRequest));

    [TestCase("/logout/back")]
    [TestCase("/login")]
    [Description("Too many fields, a name or a value that is too long, a body that is too long: 400")]
    public async Task Too_much(string path)
    {
        foreach (
            string body in new[]
            {
                string.Join('&', Enumerable.Range(0, 200).Select(i => $"p{i}=1")),
                new string('k', 300) + "=1",
                "iss=" + new string('v', 200_000),
                "%%%=%zz&=",
            }
        )
        {
            Assert.That((await PostAsync(path, body, Form)).Status, Is.EqualTo(HttpStatusCode.BadRequest));
        }
    }

    [Test]
    [Description("RFC 9112 §8: a body that ends before its stated length is answered with 400, where the sender still listens")]
    public async Task A_body_that_ends_early()
    {
        using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, app.Address.Port);
        await using NetworkStream stream = new(socket);
        await socket.SendAsync(
            Encoding.ASCII.GetBytes(
                $"POST /logout/back HTTP/1.1\r\nHost: {app.Address.Authority}\r\nConnection: close\r\nContent-Type: {Form}\r\n"
                    + "Content-Length: 1000\r\n\r\nlogout_token=t"
            )
        );
        socket.Shutdown(SocketShutdown.Send);
        using MemoryStream answer = new();
        try
        {
            await stream.CopyToAsync(answer).WaitAsync(TimeSpan.FromMinutes(1));
        }
        catch (IOException)
        {
            // The server may reset the connection of a sender that has stopped; what it answered before counts.
        }
        Assert.That(Encoding.ASCII.GetString(answer.ToArray()), Does.Not.Contain(" 500 ").And.Not.Contain(" 503 "));
    }

    private Task<Answer> PostAsync(string path, string body, string contentType)
    {
        ByteArrayContent content = new(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return app.OpenBrowser(user: null).SendAsync(HttpMethod.Post, path, content, []);
    }
}
