using Polly;

namespace OAuthClient;

/// <summary>How an application wants its own pipeline built: once for each server.</summary>
internal sealed record ResiliencePipelineConfiguration(Action<ResiliencePipelineBuilder<HttpResponseMessage>> Configure);
