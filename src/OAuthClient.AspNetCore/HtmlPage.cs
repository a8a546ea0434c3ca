using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Writes a page of the library: one document without external resources, with a light and a dark colour scheme, under a
/// Content-Security-Policy with a nonce.
/// </summary>
internal static class HtmlPage
{
    private const int NonceBytes = 16;

    /// <param name="context">The request's context.</param>
    /// <param name="title">The title and heading, as plain text.</param>
    /// <param name="content">The HTML after the heading. The caller encodes it.</param>
    /// <param name="script">A script of the library, or <see langword="null"/>. The page must work without it.</param>
    public static Task WriteAsync(HttpContext context, string title, string content, string? script = null)
    {
        NoStoreHeaders.Declare(context);
        string nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceBytes));
        // No form-action: Chromium also applies it to the redirects after a form post, which may lead to the authorization server.
        string scripts = script is null ? "" : $"; script-src 'nonce-{nonce}'";
        FrameAncestorsPolicy.Deny(context, $"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; base-uri 'none'{scripts}");
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentType = "text/html; charset=utf-8";
        string heading = HtmlEncoder.Default.Encode(title);
        return context.Response.WriteAsync(
            $"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>{heading}</title>
            <link rel="icon" href="data:,">
            <style nonce="{nonce}">
            {PageStyle.Text}
            </style>
            </head>
            <body>
            <main>
            <h1>{heading}</h1>
            {content}
            </main>
            {(script is null ? "" : $"<script nonce=\"{nonce}\">{script}</script>")}
            </body>
            </html>

            """,
            context.RequestAborted
        );
    }
}
