using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Protocol;
using Rosud.Tenants;

namespace Rosud.Mcp;

/// <summary>A tool: a route of the API under a name, with its arguments in one object.</summary>
/// <param name="Name">As models call it.</param>
/// <param name="Title">As people read it.</param>
/// <param name="Text">What it does and when to use it.</param>
/// <param name="Arguments">Their type.</param>
/// <param name="Method">The route's method. With GET, arguments that are not in the path go into the query, else into the body.</param>
/// <param name="Route">The route as it is mapped.</param>
/// <param name="Hints">What a client may expect of it.</param>
/// <param name="Check">Reads and checks the arguments, as a body of their type.</param>
internal sealed record Tool(string Name, string Title, string Text, Type Arguments, string Method, string Route, ToolAnnotations Hints, Func<RequestReader, Task> Check)
{
    /// <summary>All tools, in the order they are listed.</summary>
    public static IReadOnlyList<Tool> All { get; } =
    [
        Of<GetContextArguments>("get_context", "Read the shared context", HttpMethods.Get, "/v1/channels/{channel}/context", Reading, """
            Reads keys of a channel's shared context, all at one version. Keep the version of the answer: a change that rests on what was read gives it as based_on to commit_context.
            """),
        Of<CommitContextArguments>("commit_context", "Change the shared context", HttpMethods.Patch, "/v1/channels/{channel}/context", Changing, """
            Changes keys of a channel's shared context, atomically: give set, delete or both. based_on is the version that you read, reads are the keys that you relied on.
            When one of them has changed, the answer is the problem stale-context or conflict with the keys, and nothing is written: read them again and decide anew.
            """),
        Of<CoordinateArguments>("coordinate", "Coordinate agents on a task", HttpMethods.Post, "/v1/channels/{channel}/coordinate", Changing, """
            Starts a run of a channel's agents on one task and waits for its end: the answer is its result, with status and outputs. A run that takes longer goes on, and the answer has its id and status:
            ask run_status later, or call coordinate again with the same task.id and an equal task, which joins the run and waits.
            """),
        Of<RunStatusArguments>("run_status", "Look at a run", HttpMethods.Get, "/v1/runs/{run}", Reading, """
            A run as it stands or ended: status, outputs, attempts, cost, and why it did not complete. It goes on while the status is submitted, working or input_required.
            """),
        Of<VerdictArguments>("verdict", "Do several agents beat one?", HttpMethods.Get, "/v1/networks/{network}/verdict", Reading, """
            Whether several agents beat one in a network, for each class of tasks with a baseline: the verdict, the pairs of runs behind it, and the intervals of success, latency and cost.
            """),
    ];

    private static ToolAnnotations Reading => new() { ReadOnlyHint = true, OpenWorldHint = false };

    private static ToolAnnotations Changing => new() { ReadOnlyHint = false, DestructiveHint = true, IdempotentHint = false, OpenWorldHint = false };

    private static Tool Of<T>(string name, string title, string method, string route, ToolAnnotations hints, string text) where T : class =>
        new(name, title, text, typeof(T), method, route, hints, request => request.BodyAsync<T>());
}
