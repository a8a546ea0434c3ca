namespace OAuthClient;

/// <summary>
/// The exception that is thrown when <see cref="SendTracker.CanSend"/> returns <see langword="false"/>. Only the caller that set the
/// delegate catches it.
/// </summary>
internal sealed class SendCancelledException() : Exception("The request was cancelled before it was sent.");
