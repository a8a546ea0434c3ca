using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Tests that the options of a client are created in the background when the client is resolved.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OptionsAheadTests
{
    [Test]
    [Description("Resolving the client starts reading the options and does not wait for them")]
    public async Task Options_are_read_in_the_background()
    {
        TaskCompletionSource<bool> read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource readOfHandlers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using ManualResetEventSlim injected = new();
        await using ScriptedServer server = new(
            _ => read.TrySetResult(injected.Wait(TimeSpan.FromMinutes(1))),
            builder => builder.Services.Configure<HttpClientFactoryOptions>(builder.BackChannel.Name, _ => readOfHandlers.TrySetResult())
        );
        Assert.That(server.Client, Is.Not.Null);
        injected.Set();

        Assert.That(await read.Task.Promptly(), "the client was resolved before its options were read");
        await readOfHandlers.Task.Promptly();
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("Invalid options do not end the process and fail every call; corrected options take effect without a restart")]
    public async Task Invalid_options_can_be_corrected_without_a_restart()
    {
        TaskCompletionSource read = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ScriptedHandler server = new();
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(
                new Dictionary<string, string?>(StringComparer.Ordinal)
                {
                    ["TokenEndpoint"] = "https://as.example/token",
                    ["ClientId"] = "client",
                    ["ClientSecret"] = " ",
                }
            )
            .Build();
        ServiceCollection services = new();
        var builder = services.AddOAuthClient(configuration);
        builder.BackChannel.ConfigurePrimaryHttpMessageHandler(() => server);
        services.PostConfigure<OAuthClientOptions>(_ => read.TrySetResult());
        await using var provider = services.BuildServiceProvider();
        var client = provider.GetRequiredService<IOAuthClient>();
        await read.Task.Promptly();
        Assert.That(
            async () => await client.GetAccessTokenAsync(GrantOwner.Client).Promptly(),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("ClientSecret is empty")
        );

        configuration["ClientSecret"] = "the-client-secret";
        configuration.Reload();
        Assert.That((await client.GetAccessTokenAsync(GrantOwner.Client).Promptly()).Reveal(), Is.EqualTo("at"));
    }

    private sealed class ScriptedHandler : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(ScriptedServer.Json(200, ScriptedServer.Tokens("at")));
    }
}
