using System.Security.Cryptography;

namespace OAuthClient.Sqlite;

/// <summary>
/// Identifies an open store as the holder of leases by a file that it keeps locked. The operating system ends the lock with the process, so
/// that other processes notice the end of a holder at once. An id of a process would not show it, because another process can receive it.
/// </summary>
/// <param name="directory">The directory of the files.</param>
internal sealed class LeaseHolder(string directory) : IDisposable
{
    private const int Attempts = 20;
    private const string Extension = ".lock";

    private FileStream? locked;

    public string Id { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Creates and locks the file, and deletes those of holders that ended.</summary>
    /// <exception cref="OAuthException">The directory is not private, or its file system has no locks.</exception>
    public void Lock()
    {
        if (locked is not null)
            return;
        PrivateFiles.CreateDirectory(directory);
        foreach (string path in Directory.GetFiles(directory, "*" + Extension))
            IsAlive(Path.GetFileNameWithoutExtension(path));
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            FileStream created;
            try
            {
                created = Open(Id, FileMode.CreateNew);
            }
            catch (IOException) when (File.Exists(PathOf(Id)))
            {
                // Another process looks at the file in the moment before it is locked, and deletes it.
                continue;
            }
            if (IsAlive(Id))
            {
                locked = created;
                return;
            }
            created.Dispose();
        }
        throw new OAuthException(
            $"The file system of {directory} does not support file locks, by which processes know which of them are running. Set Path to a "
                + "file on a local disk, and do not set DOTNET_SYSTEM_IO_DISABLEFILELOCKING."
        );
    }

    /// <summary>Determines whether a holder is running. The file of a holder that ended is deleted.</summary>
    /// <returns><see langword="true"/> also if another process looks at the file at the same time.</returns>
    public bool IsAlive(string id)
    {
        try
        {
            Open(id, FileMode.Open).Dispose();
            return false;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    public void Dispose() => locked?.Dispose();

    private string PathOf(string id) => Path.Combine(directory, id + Extension);

    // Deleted before it is unlocked, so that no file remains of a holder that ends properly.
    private FileStream Open(string id, FileMode mode) => PrivateFiles.Open(PathOf(id), mode, FileShare.None, FileOptions.DeleteOnClose);
}
