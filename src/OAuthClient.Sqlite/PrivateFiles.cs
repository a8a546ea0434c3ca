using System.Security.Cryptography;

namespace OAuthClient.Sqlite;

/// <summary>
/// Creates files and directories that only the current user can access, and refuses those that other users can replace or modify. On
/// Windows the permissions are those of the directory; the user's data folder is private there.
/// </summary>
internal static class PrivateFiles
{
    private const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode DirectoryMode = PrivateFile | UnixFileMode.UserExecute;
    private const UnixFileMode WritableByOthers = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    // In this process, no file is closed here while SQLite has it open: that would end the locks of SQLite (POSIX).
    private static readonly Lock Creations = new();

    /// <summary>Creates a directory of mode 0700 if it does not exist, and checks it.</summary>
    /// <exception cref="OAuthException">The directory is not private.</exception>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else if (!Directory.Exists(path))
            Directory.CreateDirectory(path, DirectoryMode);
        Check(new DirectoryInfo(path));
    }

    /// <summary>Creates an empty file of mode 0600 if it does not exist, and checks it.</summary>
    /// <exception cref="OAuthException">The file is not private.</exception>
    public static void CreateFile(string path)
    {
        lock (Creations)
        {
            if (!File.Exists(path))
            {
                try
                {
                    Open(path, FileMode.CreateNew).Dispose();
                }
                catch (IOException) when (Exists(path))
                {
                    // Another process created it.
                }
            }
        }
        Check(path);
    }

    /// <summary>Replaces a small file as a whole, durably. One caller at a time.</summary>
    public static void Replace(string path, byte[] content)
    {
        string temporary = path + ".new";
        if (Exists(temporary))
            File.Delete(temporary);
        Write(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Creates a small file as a whole, durably, unless it exists.</summary>
    /// <returns><see langword="true"/> if the file was created.</returns>
    public static bool TryCreate(string path, byte[] content)
    {
        string temporary = $"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}.new";
        Write(temporary, content);
        try
        {
            File.Move(temporary, path, overwrite: false);
            return true;
        }
        catch (IOException) when (Exists(path))
        {
            File.Delete(temporary);
            return false;
        }
    }

    /// <summary>Opens a file for reading and writing. A file that is created has mode 0600.</summary>
    public static FileStream Open(string path, FileMode mode, FileShare share = FileShare.Read, FileOptions options = FileOptions.None)
    {
        FileStreamOptions with = new()
        {
            Mode = mode,
            Access = FileAccess.ReadWrite,
            Share = share,
            Options = options,
            BufferSize = 0,
        };
        if (mode != FileMode.Open && !OperatingSystem.IsWindows())
            with.UnixCreateMode = PrivateFile;
        return new(path, with);
    }

    /// <summary>Checks a file, if it exists. A file of the current user that others can read is made private.</summary>
    /// <exception cref="OAuthException">The file is not private.</exception>
    public static void Check(string path)
    {
        if (Exists(path))
            Check(new FileInfo(path));
    }

    private static void Write(string path, byte[] content)
    {
        using var stream = Open(path, FileMode.CreateNew);
        stream.Write(content);
        stream.Flush(flushToDisk: true);
    }

    private static bool Exists(string path) => File.Exists(path) || new FileInfo(path).LinkTarget is not null;

    private static void Check(FileSystemInfo info)
    {
        if (info.LinkTarget is not null)
            throw Refused(info, "is a symbolic link. Set Path to the real path");
        if (info is FileInfo && Directory.Exists(info.FullName))
            throw Refused(info, "is a directory. Set Path to a file");
        if (OperatingSystem.IsWindows())
            return;
        if (FileStatus.Read(info.FullName) is { IsForeign: true })
            throw Refused(info, "belongs to another user. Set Path to a file in a directory of the user that runs this process");
        if ((info.UnixFileMode & WritableByOthers) != UnixFileMode.None)
        {
            string mode = info is FileInfo ? "600" : "700";
            throw Refused(info, $"can be modified by other users. Run chmod {mode} on it, if no other user modified it");
        }
        if (info is FileInfo && info.UnixFileMode != PrivateFile)
            MakePrivate(info);
    }

    private static void MakePrivate(FileSystemInfo file)
    {
        if (OperatingSystem.IsWindows())
            return;
        try
        {
            file.UnixFileMode = PrivateFile;
        }
        catch (UnauthorizedAccessException)
        {
            throw Refused(file, "belongs to another user. Set Path to a file in a directory of the user that runs this process");
        }
    }

    private static OAuthException Refused(FileSystemInfo info, string reason) =>
        new($"The grant store does not use {info.FullName}: it {reason}.");
}
