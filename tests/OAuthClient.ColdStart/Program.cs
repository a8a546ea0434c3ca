using OAuthClient.ColdStart;

// Arguments: the name of the contestant and the token endpoint. Requests one token and prints the number of allocated bytes.
string token = await FirstToken.FetchAsync(args[0], args[1]);
Console.WriteLine(token.Length > 0 ? GC.GetTotalAllocatedBytes() : -1);
