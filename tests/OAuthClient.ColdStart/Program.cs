using OAuthClient.ColdStart;

// The name of somebody who fetches tokens, and where: one token is fetched, what that allocated written, and that is all.
string token = await FirstToken.FetchAsync(args[0], args[1]);
Console.WriteLine(token.Length > 0 ? GC.GetTotalAllocatedBytes() : -1);
