using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using OAuthClient;

namespace Samples;

/// <summary>Describes in one sentence what the person at the terminal can change.</summary>
internal static class StartError
{
    /// <summary>Describes an exception that the command line or the server caused.</summary>
    /// <param name="exception">The exception.</param>
    /// <returns>One sentence; <see langword="null"/> for a fault of the sample itself, whose stack trace is of use.</returns>
    public static string? Describe(Exception exception) =>
        exception switch
        {
            OptionsValidationException invalid => string.Join(" ", invalid.Failures),
            HttpListenerException => "The port of the callback is in use or may not be opened. Choose another one with --port.",
            IOException when IsAddressInUse(exception) => "The address is in use. Choose another one with --urls.",
            OperationCanceledException { InnerException: TimeoutException } => exception.Message,
            TimeoutException or OperationCanceledException => "The browser did not come back in time. Start again.",
            HttpRequestException or OAuthException => exception.Message,
            _ => null,
        };

    /// <summary>Reads an address from the command line.</summary>
    /// <param name="option">The option, such as <c>--issuer</c>.</param>
    /// <param name="value">The value.</param>
    /// <returns>The sentence that says what is wrong; <see langword="null"/> for an absolute http or https address.</returns>
    public static string? FindWrongAddress(string option, string? value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme is "https" or "http"
            ? null
            : $"{option} must be an address such as https://accounts.example.com, and not '{value}'.";

    private static bool IsAddressInUse(Exception? exception) =>
        exception is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse }
        || (exception?.InnerException is { } inner && IsAddressInUse(inner));
}
