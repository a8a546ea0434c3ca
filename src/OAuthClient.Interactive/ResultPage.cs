using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using OAuthClient.AspNetCore;

namespace OAuthClient.Interactive;

/// <summary>
/// The pages that the browser shows at the end of a sign-in. They load nothing, and contain no text of the server or of the address.
/// </summary>
internal static class ResultPage
{
    // Browsers normalize the line ends before they compute the hash.
    private static readonly string Style = PageStyle.Text.ReplaceLineEndings("\n");
    private static readonly string StyleHash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)));

    public static LoopbackReply SignedIn(string application) =>
        Create("200 OK", "You are signed in", $"You can close this window and return to {Encode(application)}.");

    public static LoopbackReply Denied(string application) =>
        Create(
            "200 OK",
            "Access was not granted",
            $"The request for access was declined. Close this window, return to {Encode(application)}, and sign in again if that was not "
                + "intended."
        );

    public static LoopbackReply Failed(string application) =>
        Create(
            "200 OK",
            "The sign-in failed",
            $"The service did not respond as expected. Close this window and return to {Encode(application)}, which shows the reason. Then "
                + "sign in again."
        );

    public static LoopbackReply Foreign(string application) =>
        Create(
            "400 Bad Request",
            "This page does not belong to the sign-in",
            $"It was opened again, or by another program. Return to {Encode(application)}, and use the window that it opened last."
        );

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);

    private static LoopbackReply Create(string status, string title, string text) =>
        new(
            status,
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>{title}</title>
            <link rel="icon" href="data:,">
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{title}</h1>
            <p>{text}</p>
            </main>
            </body>
            </html>

            """,
            $"default-src 'none'; style-src 'sha256-{StyleHash}'; img-src data:; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'none'"
        );
}
