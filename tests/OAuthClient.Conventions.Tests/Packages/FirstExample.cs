using System.Diagnostics;
using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.Conventions.Tests.Packages;

/// <summary>Runs the first example of the README and does with a browser's means what the README tells the reader to do.</summary>
internal static partial class FirstExample
{
    private static readonly Uri Start = new("http://localhost:5080/");

    public static async Task BrowseAsync(string program, TimeSpan limit)
    {
        using var deadline = new CancellationTokenSource(limit);
        using var process = Process.Start(
            new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program])
            {
                WorkingDirectory = Path.GetDirectoryName(program),
                RedirectStandardOutput = true,
                UseShellExecute = false,
            }
        )!;
        try
        {
            while (
                await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line
                && !line.Contains("Now listening", StringComparison.Ordinal)
            )
            {
                // The line before it is of no interest.
            }
            using LoopbackCookies cookies = new();
            using HttpClient browser = new(cookies);
            using var login = await browser.GetAsync(Start, deadline.Token);
            using var consent = await SubmitAsync(browser, login, deadline.Token, ("username", "alice"), ("password", "alice"));
            using var page = await SubmitAsync(browser, consent, deadline.Token, ("scope", "profile"));
            string body = await page.Content.ReadAsStringAsync(deadline.Token);
            Assert.That(page.StatusCode, Is.EqualTo(HttpStatusCode.OK), body);
            Assert.That(page.RequestMessage!.RequestUri, Is.EqualTo(Start), "the browser is back at the application");
            Assert.That(body, Does.Contain("alice"));
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<HttpResponseMessage> SubmitAsync(
        HttpClient browser,
        HttpResponseMessage page,
        CancellationToken cancellationToken,
        params (string Name, string Value)[] typed
    )
    {
        string html = await page.Content.ReadAsStringAsync(cancellationToken);
        var form = Form().Match(html);
        Assert.That(form.Success, Is.True, html);
        var fields = Hidden().Matches(html).Select(field => KeyValuePair.Create(field.Groups["name"].Value, field.Groups["value"].Value));
        using FormUrlEncodedContent content = new([
            .. fields,
            .. typed.Select(field => KeyValuePair.Create(field.Name, field.Value)),
            new("decision", "allow"),
        ]);
        return await browser.PostAsync(new Uri(page.RequestMessage!.RequestUri!, form.Groups["action"].Value), content, cancellationToken);
    }

    [GeneratedRegex("<form method=\"post\" action=\"(?<action>[^\"]*)\">", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();

    [GeneratedRegex(
        "<input type=\"hidden\" name=\"(?<name>[^\"]*)\" value=\"(?<value>[^\"]*)\">",
        RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Hidden();
}
