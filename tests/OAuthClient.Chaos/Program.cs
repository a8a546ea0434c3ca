using OAuthClient.Chaos.Nodes;
using OAuthClient.Chaos.Phases;

if (args is ["node", var settings])
{
    var node = NodeSettings.Read(settings);
    ProcessPriority.EnterOwnSession();
    await Node.RunAsync(node, Console.In, Console.Out);
    return 0;
}
return await Rig.RunAsync(args);
