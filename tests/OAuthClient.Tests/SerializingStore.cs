using System.Reflection;

namespace OAuthClient.Tests;

/// <summary>
/// Forwards every call to another store, and serializes each grant on its way, so that processes share only what a grant stores.
/// </summary>
public class SerializingStore : DispatchProxy
{
    private IGrantStore inner = null!;

    public static IGrantStore Around(IGrantStore inner)
    {
        var store = Create<IGrantStore, SerializingStore>();
        ((SerializingStore)(object)store).inner = inner;
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Invoke(
            inner,
            BindingFlags.DoNotWrapExceptions,
            binder: null,
            [.. args!.Select(argument => argument is Grant grant ? Copy(grant) : argument)],
            culture: null
        ) switch
        {
            ValueTask<IReadOnlyList<Grant>> finding => new ValueTask<IReadOnlyList<Grant>>(CopyAsync(finding)),
            ValueTask<LeaseResult> leasing => new ValueTask<LeaseResult>(CopyAsync(leasing)),
            var other => other,
        };

    private static async Task<IReadOnlyList<Grant>> CopyAsync(ValueTask<IReadOnlyList<Grant>> finding) => [.. (await finding).Select(Copy)];

    private static async Task<LeaseResult> CopyAsync(ValueTask<LeaseResult> leasing)
    {
        var result = await leasing;
        return result with { Current = result.Current is { } grant ? Copy(grant) : null };
    }

    private static Grant Copy(Grant grant) => Grant.Unprotect(grant.Protect(data => data), data => data);
}
