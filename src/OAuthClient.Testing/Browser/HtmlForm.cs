using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.Testing;

/// <summary>Reads the form, the frames and the link from a page of this server.</summary>
internal sealed partial class HtmlForm
{
    private HtmlForm(string page, Uri action, string? problem)
    {
        Page = page;
        Action = action;
        Problem = problem;
    }

    /// <summary>
    /// The kind of the page: login, consent, device, device_approved, device_denied, form_post, sign_out, signed_out, still_signed_in or
    /// error.
    /// </summary>
    public string Page { get; }

    public Uri Action { get; }

    /// <summary>The error message of the page; null if there is none.</summary>
    public string? Problem { get; }

    /// <summary>The fields to send: hidden fields, text fields and selected checkboxes.</summary>
    public List<KeyValuePair<string, string>> Fields { get; } = [];

    /// <summary>The addresses of the frames.</summary>
    public List<Uri> Frames { get; } = [];

    /// <summary>The target of the link to the next page; null if there is none.</summary>
    public Uri? Next { get; private set; }

    public static HtmlForm Read(string html, Uri address)
    {
        string page = PagePattern().Match(html) is { Success: true } kind ? kind.Groups["kind"].Value : "";
        string? problem = ProblemPattern().Match(html) is { Success: true } text ? WebUtility.HtmlDecode(text.Groups["text"].Value) : null;
        string? action = null;
        Uri? next = null;
        List<Uri> frames = [];
        List<KeyValuePair<string, string>> fields = [];
        foreach (Match tag in TagPattern().Matches(html))
        {
            Dictionary<string, string> attributes = AttributePattern()
                .Matches(tag.Groups["attributes"].Value)
                .ToDictionary(
                    match => match.Groups["name"].Value,
                    match => WebUtility.HtmlDecode(match.Groups["value"].Value),
                    StringComparer.Ordinal
                );
            if (tag.Groups["tag"].Value is "form")
                action = attributes.GetValueOrDefault("action");
            else if (tag.Groups["tag"].Value is "iframe")
                frames.Add(new Uri(address, attributes["src"]));
            else if (tag.Groups["tag"].Value is "a")
                next = new Uri(address, attributes["href"]);
            else if (
                attributes.TryGetValue("name", out string? name)
                && !attributes.ContainsKey("disabled")
                && (attributes.GetValueOrDefault("type") is not "checkbox" || attributes.ContainsKey("checked"))
            )
                fields.Add(new(name, attributes.GetValueOrDefault("value") ?? ""));
        }

        HtmlForm form = new(page, action is null ? address : new Uri(address, action), problem);
        form.Fields.AddRange(fields);
        form.Frames.AddRange(frames);
        form.Next = next;
        return form;
    }

    public void Set(string name, string value)
    {
        Fields.RemoveAll(field => field.Key == name);
        Fields.Add(new(name, value));
    }

    [GeneratedRegex("<body data-page=\"(?<kind>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PagePattern();

    [GeneratedRegex("id=\"problem\"[^>]*>(?<text>[^<]*)<", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProblemPattern();

    [GeneratedRegex("<(?<tag>form|input|iframe|a)\\b(?<attributes>[^>]*)>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TagPattern();

    [GeneratedRegex("(?<name>[a-z-]+)(=\"(?<value>[^\"]*)\")?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AttributePattern();
}
