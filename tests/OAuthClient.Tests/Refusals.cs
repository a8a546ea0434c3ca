using NUnit.Framework.Constraints;

namespace OAuthClient.Tests;

/// <summary>Creates the constraint of a rejected response or token.</summary>
internal static class Refusals
{
    /// <summary>Requires an <see cref="OAuthProtocolException"/> whose message contains each of the texts.</summary>
    public static Constraint Refusal(params string[] words)
    {
        Constraint refusal = Throws.InstanceOf<OAuthProtocolException>();
        foreach (string word in words)
            refusal = refusal.And.Message.Contains(word);
        return refusal;
    }
}
