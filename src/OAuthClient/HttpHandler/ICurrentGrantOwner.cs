namespace OAuthClient;

/// <summary>
/// Finds the current user for HTTP clients that are registered with <c>ForCurrentUser()</c>. The package OAuthClient.AspNetCore implements
/// it for the user of the <c>HttpContext</c>. Register an implementation as a singleton, because all users share it.
/// </summary>
public interface ICurrentGrantOwner
{
    /// <summary>Finds the current user. The method is called for each request, from several threads at the same time.</summary>
    /// <returns>The owner; <see langword="null"/> if no user is signed in.</returns>
    GrantOwner? Find();
}
