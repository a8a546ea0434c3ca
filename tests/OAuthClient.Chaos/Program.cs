using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Phases;

if (args is ["node", var settings])
{
    await Node.RunAsync(NodeSettings.Read(settings), Console.In, Console.Out);
    return 0;
}
return await Rig.RunAsync(args);
