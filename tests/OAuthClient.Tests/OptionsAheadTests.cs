using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace OAuthClient.Tests;

/// <summary>Whoever injects a client is about to need its options: they are put together while the process goes on with other things.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class OptionsAheadTests
{
    [Test]
    [Description("They are read without being asked for, and nobody who injects the client waits for them")]
    public async Task Options_are_read_while_something_else_is_done()
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

        Assert.That(await read.Task.Promptly(), "the client was there before its options were");
        await readOfHandlers.Task.Promptly();
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description(
        "What is wrong with them neither ends the process nor hides from whoever asks; mended, they take effect without a restart"
    )]
    public async Task Wrong_options_can_be_mended()
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
