namespace OAuthClient.Benchmarks;

/// <summary>Measures the line <c>sign_in</c> of the ratios, and prints the ratio of the time.</summary>
internal static class CompletionLine
{
    public static Task MeasureAsync() => SignInLine.MeasureAsync("scale_complete", new Report { HasTimesOnly = true });
}
