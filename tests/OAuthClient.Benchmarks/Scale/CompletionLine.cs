namespace OAuthClient.Benchmarks;

internal static class CompletionLine
{
    public static Task MeasureAsync() => SignInLine.MeasureAsync("scale_complete", new Report());
}
