namespace OAuthClient;

/// <summary>Names whose token a request carries when a handler was told <c>ForCurrentUser</c>. OAuthClient.AspNetCore brings one for the request's user. Register it as a singleton: it serves all users.</summary>
public interface ICurrentGrantOwner
{
    /// <summary>The owner at this moment, or <see langword="null"/> when nobody is signed in. Called for each request, from many threads.</summary>
    GrantOwner? Find();
}
