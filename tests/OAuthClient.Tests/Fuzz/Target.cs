using System.Text;

namespace OAuthClient.Tests;

/// <summary>Something that reads what a stranger wrote.</summary>
internal sealed class Target(string name, IReadOnlyList<string> samples, IReadOnlyList<string> words, Action<byte[]> read)
{
    // What reading costs whatever is read, exceptions and their traces included, and for each byte that is.
    private const long MostBytesAtLeast = 64 * 1024;
    private const long MostBytesPerByte = 120;

    /// <summary>Good ones pass, or what is made of them proves little.</summary>
    public void RequireGoodSamples()
    {
        foreach (string sample in samples)
            read(Encoding.UTF8.GetBytes(sample));
    }

    /// <returns>How many were refused.</returns>
    public int Run(int count, ulong seed)
    {
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            // Each has a seed of its own, so that one that fails can be had again without those before it.
            ulong own = seed + (ulong)i * 1_000_003;
            byte[] input = new Mutator(new Dice(own), samples, words).Next();
            long most = MostBytesAtLeast + MostBytesPerByte * input.Length;
            var (isRefused, allocated) = Read(input, own);
            // What is done once in a process, such as loading a message, is not what reading costs.
            if (allocated > most)
                (isRefused, allocated) = Read(input, own);
            if (allocated > most)
                throw new AssertionException($"{name}, seed {own}: {allocated} bytes allocated for {input.Length}\nof {Shown(input)}");
            refused += isRefused ? 1 : 0;
        }
        return refused;
    }

    public override string ToString() => name;

    private (bool IsRefused, long Allocated) Read(byte[] input, ulong seed)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isRefused = false;
        try
        {
            read(input);
        }
        catch (OAuthException)
        {
            isRefused = true;
        }
        catch (Exception exception)
        {
            throw new AssertionException($"{name}, seed {seed}: {exception}\nafter {Shown(input)}", exception);
        }
        return (isRefused, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Shown(byte[] input) => Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 4096)));
}
