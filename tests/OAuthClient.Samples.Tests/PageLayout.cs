using Microsoft.Playwright;

namespace OAuthClient.Samples.Tests;

/// <summary>Checks the layout of a page.</summary>
internal static class PageLayout
{
    /// <summary>Keeps a screenshot, and requires that the page needs no horizontal scrolling and has a margin.</summary>
    public static async Task FitsAsync(this IPage page, string prefix, string name)
    {
        string file = Path.Combine(TestContext.CurrentContext.WorkDirectory, "screenshots", $"{prefix}-{name}.png");
        await page.ScreenshotAsync(new() { Path = file, FullPage = true });
        TestContext.AddTestAttachment(file);
        int[] widths = await page.EvaluateAsync<int[]>("[document.documentElement.scrollWidth, document.documentElement.clientWidth]");
        Assert.That(widths[0], Is.LessThanOrEqualTo(widths[1]), name);
        int rightmost = await page.EvaluateAsync<int>(
            "Math.max(...[...document.querySelectorAll('button, a, img, h1, p, input')]"
                + ".map(e => Math.ceil(e.getBoundingClientRect().right)))"
        );
        Assert.That(rightmost, Is.LessThanOrEqualTo(widths[1] - 12), $"{name} has no margin");
    }
}
