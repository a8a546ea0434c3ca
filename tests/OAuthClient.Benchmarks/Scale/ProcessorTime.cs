using System.Globalization;

namespace OAuthClient.Benchmarks;

/// <summary>Reads the processor time of a process, its children and its ended children from /proc.</summary>
internal static class ProcessorTime
{
    // USER_HZ, which is 100 on all architectures of .NET.
    private const double MicrosecondsPerTick = 10_000;

    // The numbers of proc(5) minus 3, because the fields are counted from the end of the name.
    private const int Parent = 1;
    private const int UserTime = 11;
    private const int SystemTime = 12;
    private const int ChildrenUserTime = 13;
    private const int ChildrenSystemTime = 14;

    /// <returns>The time in user mode and in the kernel, in microseconds.</returns>
    public static double OfTree(int processId)
    {
        var all = Directory.EnumerateDirectories("/proc").Select(Read).OfType<string[]>().ToLookup(Number(Parent));
        string[] root = Read($"/proc/{Text(processId)}") ?? throw new InvalidOperationException("The server has ended.");
        return (Ticks(root) + all[processId].Sum(Ticks)) * MicrosecondsPerTick;
    }

    // PostgreSQL starts each session as a child of the server. The time of ended sessions is that of ended children.
    private static long Ticks(string[] fields) =>
        new[] { UserTime, SystemTime, ChildrenUserTime, ChildrenSystemTime }.Sum(field => (long)Number(field)(fields));

    private static Func<string[], int> Number(int field) => fields => int.Parse(fields[field], CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string[]? Read(string folder)
    {
        if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out _))
            return null;
        try
        {
            string stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
