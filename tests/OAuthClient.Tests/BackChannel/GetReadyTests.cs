using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>The back channel's handlers are built while the process still does other things, so that the first request waits for less.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class GetReadyTests
{
    [Test]
    [Description("Whoever injects the client is about to need them; nothing is sent for it")]
    public async Task Handlers_are_built_as_soon_as_there_is_a_client()
    {
        TaskCompletionSource built = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(register: builder => builder.BackChannel.ConfigureHttpClient(_ => built.TrySetResult()));
        Assert.That(server.Client, Is.Not.Null);

        await built.Task.Promptly();
        Assert.That(server.Requests, Is.Empty);
    }

    [Test]
    [Description("Nobody waits for the early attempt, so it must neither end the process nor hide what is wrong from whoever sends")]
    public async Task What_cannot_be_built_fails_the_request_and_nothing_else()
    {
        TaskCompletionSource tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(register: builder => builder.BackChannel.AddHttpMessageHandler(_ =>
        {
            tried.TrySetResult();
            throw new InvalidDataException("no such handler");
        }));
        var client = server.Client;
        await tried.Task.Promptly();

        Assert.That(async () => await client.GetAccessTokenAsync(GrantOwner.Client).Promptly(),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("no such handler"));
    }

    [Test]
    [Description("The container may be gone before the handlers are built")]
    public async Task A_container_that_is_disposed_of_at_once_is_left_alone()
    {
        using ManualResetEventSlim gone = new();
        TaskCompletionSource tried = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (ScriptedServer server = new(register: builder => builder.BackChannel.AddHttpMessageHandler(services =>
        {
            gone.Wait(TimeSpan.FromMinutes(1));
            try
            {
                return services.GetRequiredService<Late>();
            }
            finally
            {
                tried.SetResult();
            }
        })))
        {
            server.Services.GetRequiredService<IOAuthClient>();
        }
        gone.Set();

        await tried.Task.Promptly();
    }

    private sealed class Late : DelegatingHandler;
}
