using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Http;

namespace OAuthClient.AspNetCore;

/// <summary>
/// Posts the form of a callback (OAuth 2.0 Form Post Response Mode §2) once more, from a page of this site. Browsers keep SameSite=Lax
/// cookies out of a POST of another site; they send them with a POST of this site. The authorization code stays in the form: an
/// address would be kept by the history, by logs and by a Referer.
/// </summary>
internal static class FormRepost
{
    /// <summary>The field that marks the second POST, so that there is no third.</summary>
    private const string Marker = "oauthclient_repost";

    // Forms may have a field named "submit", which hides the method of that name.
    private const string Script = "HTMLFormElement.prototype.submit.call(document.querySelector('form'));";

    /// <summary>
    /// Whether the application's cookies may be missing because another site posted the form, and the form was not posted again yet.
    /// </summary>
    public static bool MayLackCookies(HttpRequest request, bool isUserKnown)
    {
        if (!HttpMethods.IsPost(request.Method) || request.Form.ContainsKey(Marker))
            return false;
        // Without the header it is a browser without fetch metadata: a known user shows that the cookies came along.
        return request.Headers["Sec-Fetch-Site"].ToString() is { Length: > 0 } site
            ? string.Equals(site, "cross-site", StringComparison.OrdinalIgnoreCase)
            : !isUserKnown;
    }

    public static Task WriteAsync(HttpContext context)
    {
        // Without an action the form goes to the address of the page, which is the callback.
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
