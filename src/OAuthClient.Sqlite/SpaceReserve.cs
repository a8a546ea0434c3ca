namespace OAuthClient.Sqlite;

/// <summary>
/// Keeps space on the disk for the results of refreshes. The refresh token of a result replaces one that is no longer valid, so it must be
/// stored even if the disk became full after the refresh began.
/// </summary>
/// <param name="path">The path of the file that occupies the space.</param>
internal sealed class SpaceReserve(string path)
{
    internal const int Size = 1 << 20;

    /// <summary>Creates the reserve if it does not exist.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Ensure()
    {
        FileInfo file = new(path);
        if (file.Exists && file.Length == Size)
            return;
        PrivateFiles.CreateFile(path);
        using var stream = PrivateFiles.Open(path, FileMode.Open, FileShare.ReadWrite);
        try
        {
            stream.Write(new byte[Size]);
            stream.SetLength(Size);
            stream.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // A part of the reserve would take the space that others need.
            stream.SetLength(0);
            throw;
        }
    }

    /// <summary>Returns the space to the file system.</summary>
    public void Release() => File.Delete(path);
}
