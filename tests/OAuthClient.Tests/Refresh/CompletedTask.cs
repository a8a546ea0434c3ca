namespace OAuthClient.Tests;

/// <summary>Returns results without waiting: the in-memory store completes every operation synchronously.</summary>
internal static class CompletedTask
{
#pragma warning disable VSTHRD002
    public static T Require<T>(Task<T> task) =>
        task.IsCompletedSuccessfully ? task.Result : throw new InvalidOperationException("The task did not complete synchronously.");
#pragma warning restore VSTHRD002

    public static void Require(Task task)
    {
        if (!task.IsCompletedSuccessfully)
            throw new InvalidOperationException("The task did not complete synchronously.");
    }
}
