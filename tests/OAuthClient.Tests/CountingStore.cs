using System.Reflection;

namespace OAuthClient.Tests;

/// <summary>Passes every call on to another store, and counts those that read grants.</summary>
public class CountingStore : DispatchProxy
{
    private IGrantStore inner = null!;
    private int reads;

    /// <summary>How many calls read grants.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>Whether reading fails, as with a database that cannot be reached.</summary>
    public bool IsAway { get; set; }

    public static IGrantStore Around(IGrantStore inner, out CountingStore counter)
    {
        var store = Create<IGrantStore, CountingStore>();
        counter = (CountingStore)(object)store;
        counter.inner = inner;
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        if (targetMethod!.Name.StartsWith("Find", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref reads);
            if (IsAway)
                throw new IOException("The database is away.");
        }
        return targetMethod.Invoke(inner, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
    }
}
