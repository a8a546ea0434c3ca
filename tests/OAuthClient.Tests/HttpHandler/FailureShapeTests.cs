using Microsoft.Extensions.DependencyInjection;

namespace OAuthClient.Tests;

/// <summary>Tests that every failure is reported by the returned task, not thrown by the call that starts the request.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public class FailureShapeTests
{
    [Test]
    [Description("Token lifecycle 9: a request to another origin returns a failed task")]
    public async Task A_rejected_request_is_a_failed_task()
    {
        await using var host = await OAuthTestHost.StartAsync(api: OAuthTestHost.ForOwner);
        using var pipeline = Pipeline(host);

        var sending = pipeline.SendAsync(new HttpRequestMessage(HttpMethod.Get, "https://elsewhere.example.com/"), CancellationToken.None);

        Assert.That(sending.IsFaulted);
        Assert.That(async () => await sending, Throws.InstanceOf<OAuthException>());
    }

    [TestCase(typeof(InvalidOperationException))]
    [TestCase(typeof(OperationCanceledException))]
    [Description("An exception that an inner handler throws synchronously becomes a failed task, also with an access token attached")]
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
