using Polly;

namespace OAuthClient;

/// <summary>The configuration of the application for its pipeline (UseResilience).</summary>
/// <param name="Configure">Configures the builder of a pipeline.</param>
internal sealed record ResiliencePipelineConfiguration(Action<ResiliencePipelineBuilder<HttpResponseMessage>> Configure);
