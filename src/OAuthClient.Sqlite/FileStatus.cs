using System.Runtime.InteropServices;

namespace OAuthClient.Sqlite;

/// <summary>Represents the owner and the number of a file, which .NET does not expose.</summary>
/// <param name="IsForeign">Whether the file belongs to another user.</param>
/// <param name="Number">The number of the file in its file system (inode). A copy has another one.</param>
internal readonly partial record struct FileStatus(bool IsForeign, ulong Number)
{
    private const int CurrentDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicFields = 0x7ff;
    private const int Size = 256;
    private const int OwnerOffset = 20;
    private const int NumberOffset = 32;

    /// <summary>Reads the status of a file or directory; does not follow a symbolic link.</summary>
    /// <returns>The status; <see langword="null"/> if it cannot be determined on this operating system.</returns>
    public static FileStatus? Read(string path)
    {
        if (!OperatingSystem.IsLinux())
            return null;
        // The layout is the same on all processors, unlike that of stat.
        byte[] status = new byte[Size];
        try
        {
            if (StatX(CurrentDirectory, path, NoFollow, BasicFields, status) != 0)
                return null;
            return new(Field<uint>(status, OwnerOffset) != GetEffectiveUserId(), Field<ulong>(status, NumberOffset));
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    private static T Field<T>(byte[] status, int offset)
        where T : unmanaged => MemoryMarshal.Read<T>(status.AsSpan(offset));

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int StatX(int directory, string path, int flags, uint mask, [Out] byte[] status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetEffectiveUserId();
}
