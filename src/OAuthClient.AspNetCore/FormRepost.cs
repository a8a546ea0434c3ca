using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Posts the form of a callback (OAuth 2.0 Form Post Response Mode §2) again from a page of this site. Browsers do not send SameSite=Lax
/// cookies with a POST of another site, but do with a POST of this site. The authorization code stays in the form, because the browser's
/// history, logs and the Referer header would retain an address.
/// </summary>
internal static class FormRepost
{
    /// <summary>The field that marks the second POST, so that the form is not posted a third time.</summary>
    private const string Marker = "oauthclient_repost";

    // A field named "submit" would hide the form's method of that name.
    private const string Script = "HTMLFormElement.prototype.submit.call(document.querySelector('form'));";

    /// <summary>
    /// Determines whether the application's cookies may be missing because another site posted the form. The result is
    /// <see langword="false"/> if this site posted the form again.
    /// </summary>
    public static bool MayLackCookies(HttpRequest request, bool isUserKnown)
    {
        if (!HttpMethods.IsPost(request.Method) || request.Form.ContainsKey(Marker))
            return false;
        // The browser has no fetch metadata. A known user shows that it sent the cookies.
        return request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site
            ? string.Equals(site, "cross-site", StringComparison.OrdinalIgnoreCase)
            : !isUserKnown;
    }

    public static Task WriteAsync(HttpContext context)
    {
        // Without an action the form is posted to the page's own address, which is the callback.
        var form = new StringBuilder("<p>Select Continue to return to the application.</p>\n");
        form.Append("<form method=\"post\" accept-charset=\"utf-8\">\n");
        foreach (var (name, values) in context.Request.Form)
        {
            foreach (string? value in values)
                AppendField(form, name, value ?? "");
        }
        AppendField(form, Marker, "1");
        form.Append("<button>Continue</button>\n</form>\n");
        return HtmlPage.WriteAsync(context, "One more step", form.ToString(), Script);
    }

    private static void AppendField(StringBuilder form, string name, string value) =>
        form.Append("<input type=\"hidden\" name=\"")
            .Append(HtmlEncoder.Default.Encode(name))
            .Append("\" value=\"")
            .Append(HtmlEncoder.Default.Encode(value))
            .Append("\">\n");
}
