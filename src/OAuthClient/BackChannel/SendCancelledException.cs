namespace OAuthClient;

/// <summary><see cref="SendTracker.CanSend"/> said no, and nothing was sent. For the one who asked; nobody else sees it.</summary>
internal sealed class SendCancelledException() : Exception("The request was called back before it left; nothing was sent.");
