using System.Reflection;

namespace OAuthClient.Tests;

/// <summary>Forwards every call to another store and counts the calls that read grants.</summary>
public class CountingStore : DispatchProxy
{
    private IGrantStore inner = null!;
    private int reads;

    /// <summary>Gets the number of calls that read grants.</summary>
    public int Reads => Volatile.Read(ref reads);

    /// <summary>Gets or sets a value indicating whether reads fail, as with an unreachable database.</summary>
    public bool IsAway { get; set; }

    /// <summary>Gets or sets the delegate that is called before each read.</summary>
    public Action? OnRead { get; set; }

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
            OnRead?.Invoke();
            if (IsAway)
                throw new IOException("The database is away.");
        }
        return targetMethod.Invoke(inner, BindingFlags.DoNotWrapExceptions, binder: null, args, culture: null);
    }
}
