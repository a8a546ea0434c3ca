using System.Net;
using System.Text.RegularExpressions;

namespace OAuthClient.Testing;

/// <summary>As much of a page as a browser needs to fill in and send its form. It reads pages of this server only.</summary>
internal sealed partial class HtmlForm
{
    private HtmlForm(string page, Uri action, string? problem)
    {
        Page = page;
        Action = action;
        Problem = problem;
    }

    /// <summary>What kind of page it is: login, consent, form_post, sign_out, signed_out, still_signed_in, error.</summary>
    public string Page { get; }

    public Uri Action { get; }

    /// <summary>What the page complains about, or null.</summary>
    public string? Problem { get; }

    /// <summary>The fields that would be sent as they are: hidden ones, texts, ticked boxes.</summary>
    public List<KeyValuePair<string, string>> Fields { get; } = [];

    /// <summary>The pages shown in frames.</summary>
    public List<Uri> Frames { get; } = [];

    /// <summary>Where the page leads on to by itself, or null.</summary>
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
