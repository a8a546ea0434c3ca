namespace OAuthClient;

/// <summary>What became of an attempt: an answer, or the fault there was instead.</summary>
internal sealed record Attempt(HttpResponseMessage? Answer, Exception? Fault);
