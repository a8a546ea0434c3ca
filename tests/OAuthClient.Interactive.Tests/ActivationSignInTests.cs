using System.Threading.Channels;

namespace OAuthClient.Interactive.Tests;

/// <summary>Tests the sign-in whose callback activates the program by a custom scheme (RFC 8252 §7.1).</summary>
[TestFixture]
public class ActivationSignInTests
{
    [Test]
    [Description("Only the address of this authorization completes it")]
    public async Task The_program_is_activated()
    {
        await using var host = await SignInHost.StartAsync();
        var activations = Channel.CreateUnbounded<Uri>();
        host.Options.RedirectUri = new("com.example.cli:/callback");
        host.Options.WaitForActivationAsync = cancellationToken => activations.Reader.ReadAsync(cancellationToken).AsTask();
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        var callback = await host.CallbackAsync();
        activations.Writer.TryWrite(new("com.example.cli:/other" + callback.Query));
        activations.Writer.TryWrite(new("com.example.cli:/callback?code=x&state=y"));
        activations.Writer.TryWrite(new("com.example.cli:/callback"));
        activations.Writer.TryWrite(callback);

        Assert.That((await signingIn).Subject, Is.EqualTo("alice"));
    }

    [Test]
    public async Task The_wait_ends_in_time()
    {
        await using var host = await SignInHost.StartAsync();
        host.Options.RedirectUri = new("com.example.cli:/callback");
        host.Options.WaitForActivationAsync = _ => new TaskCompletionSource<Uri>().Task;
        var signingIn = host.Client.SignInWithBrowserAsync(host.Options);
        await host.Opened.Task;

        host.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.That(async () => await signingIn, Throws.TypeOf<TimeoutException>());
    }
}
