using System.Text;

namespace OAuthClient.Tests;

/// <summary>A parser of external input with valid samples.</summary>
internal sealed class Target(string name, IReadOnlyList<string> samples, IReadOnlyList<string> fragments, Action<byte[]> read)
{
    // The allowed allocation of any input, including exceptions, and of each byte of input.
    private const long BaseAllocation = 64 * 1024;
    private const long AllocationPerByte = 120;

    /// <summary>Asserts that the samples are accepted, because mutations of rejected samples prove little.</summary>
    public void AssertSamplesAreAccepted()
    {
        foreach (string sample in samples)
            read(Encoding.UTF8.GetBytes(sample));
    }

    /// <returns>The number of rejected inputs.</returns>
    public int Run(int count, ulong seed)
    {
        int rejected = 0;
        for (int i = 0; i < count; i++)
        {
            // Each input has its own seed, so that a failure can be reproduced alone.
            ulong inputSeed = seed + (ulong)i * 1_000_003;
            byte[] input = new Mutator(new Dice(inputSeed), samples, fragments).Next();
            long limit = BaseAllocation + AllocationPerByte * input.Length;
            var (isRejected, allocated) = Read(input, inputSeed);
            // One-time work of the process, such as loading a message, is not counted.
            if (allocated > limit)
                (isRejected, allocated) = Read(input, inputSeed);
            if (allocated > limit)
                throw new AssertionException(
                    $"{name}, seed {inputSeed}: {allocated} bytes allocated for {input.Length}\nof {Encode(input)}"
                );
            rejected += isRejected ? 1 : 0;
        }
        return rejected;
    }

    public override string ToString() => name;

    private (bool IsRejected, long Allocated) Read(byte[] input, ulong seed)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool isRejected = false;
        try
        {
            read(input);
        }
        catch (OAuthException)
        {
            isRejected = true;
        }
        catch (Exception exception)
        {
            throw new AssertionException($"{name}, seed {seed}: {exception}\nafter {Encode(input)}", exception);
        }
        return (isRejected, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Encode(byte[] input) => Convert.ToBase64String(input.AsSpan(0, Math.Min(input.Length, 4096)));
}
