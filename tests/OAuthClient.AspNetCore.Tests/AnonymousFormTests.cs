using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OAuthClient.AspNetCore.Tests;

/// <summary>Tests that an anonymous form that cannot be read is a protocol error, regardless of the framework's own exception.</summary>
public sealed class AnonymousFormTests : AppTestBase
{
    private const string Form = "application/x-www-form-urlencoded";

    private static readonly string[] UnreadableContentTypes =
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

    private protected override Task<App> StartAppAsync() => OpenIdApp.StartAsync();

    [TestCaseSource(nameof(UnreadableContentTypes))]
    [Description("Form Post Response Mode §2: a callback whose form cannot be read throws OAuthProtocolException")]
    public async Task Unreadable_callback_form_is_a_protocol_error(string contentType)
    {
        foreach (string prefix in new[] { "", "/mvc" })
            (await PostAsync($"{prefix}/callback", "code=c&state=s", contentType)).RequireException("OAuthProtocolException", "form");
    }

    [TestCaseSource(nameof(UnreadableContentTypes))]
    [Description("Back-Channel Logout §2.8: a logout request whose form cannot be read gets status 400, not 500 or 503")]
    public async Task Unreadable_logout_form_gets_400(string contentType) =>
        Assert.That((await PostAsync("/logout/back", "logout_token=t", contentType)).Status, Is.EqualTo(HttpStatusCode.BadRequest));

    [TestCaseSource(nameof(UnreadableContentTypes))]
    [Description("OpenID Connect Core §4: a third-party initiated login whose form cannot be read gets status 400")]
    public async Task Unreadable_login_form_gets_400(string contentType) =>
        Assert.That((await PostAsync("/login", "iss=i", contentType)).Status, Is.EqualTo(HttpStatusCode.BadRequest));

    [TestCase("/logout/back")]
    [TestCase("/login")]
    [Description("A form with too many fields, an oversized name, value or body, or invalid percent-encoding gets status 400")]
    public async Task Oversized_form_gets_400(string path)
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
    [Description("RFC 9112 §8: a body that ends before its Content-Length gets neither status 500 nor 503")]
    public async Task Truncated_body_is_no_server_error()
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
        using MemoryStream response = new();
        try
        {
            await stream.CopyToAsync(response).WaitAsync(TimeSpan.FromMinutes(1));
        }
        catch (IOException)
        {
            // The server may reset the connection after the client has stopped sending. The bytes received before that are checked.
        }
        Assert.That(Encoding.ASCII.GetString(response.ToArray()), Does.Not.Contain(" 500 ").And.Not.Contain(" 503 "));
    }

    private Task<BrowserResponse> PostAsync(string path, string body, string contentType)
    {
        ByteArrayContent content = new(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return app.OpenBrowser(user: null).SendAsync(HttpMethod.Post, path, content, []);
    }
}
