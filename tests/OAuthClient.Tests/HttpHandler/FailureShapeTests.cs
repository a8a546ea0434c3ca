using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Whatever goes wrong is the request's task that failed: nothing is thrown at whoever only started it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FailureShapeTests
{
    [Test]
    [Description("Life of a token 9: a request to another origin fails as a task")]
    public async Task A_refused_request_is_a_failed_task()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        using var pipeline = Pipeline(host);

        var sending = pipeline.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://elsewhere.example.com/"), CancellationToken.None);

        Assert.That(sending.IsFaulted);
        Assert.That(async () => await sending, Throws.InstanceOf<OAuthException>());
    }

    [TestCase(typeof(InvalidOperationException))]
    [TestCase(typeof(OperationCanceledException))]
    [Description("A handler beneath that throws instead of returning a task, also with a token in hand")]
    public async Task A_handler_that_throws_is_a_failed_task(Type exception)
    {
        await using var host = await OAuthTestHost.StartAsync(
            api: (http, api) =>
            {
                OAuthTestHost.ForOwner(http, api);
                http.AddHttpMessageHandler(() => new ThrowingHandler(exception));
            }
        );
        await host.SignedInAsync();
        using var pipeline = Pipeline(host);

        var sending = pipeline.SendAsync(new HttpRequestMessage(HttpMethod.Get, host.Api.BaseAddress), CancellationToken.None);

        Assert.That(async () => await sending, Throws.TypeOf(exception));
        Assert.That(sending.IsCanceled, Is.EqualTo(exception == typeof(OperationCanceledException)));
    }

    private static HttpMessageInvoker Pipeline(OAuthTestHost host) =>
        new(host.Services.GetRequiredService<IHttpMessageHandlerFactory>().CreateHandler("api"), disposeHandler: false);

    private sealed class ThrowingHandler(Type exception) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw (Exception)Activator.CreateInstance(exception)!;
    }
}
