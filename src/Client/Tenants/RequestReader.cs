using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rosud.Agents;
using Rosud.Channels;
using Rosud.Context;
using Rosud.Networks;
using Rosud.Runs;

namespace Rosud.Tenants;

/// <summary>Reads the parts of one request and remembers every fault, so that the answer names them all at once.</summary>
internal sealed class RequestReader(HttpContext http)
{
    private readonly List<ProblemError> _errors = [];

    public Caller Caller { get; } = Caller.Of(http);

    /// <summary>The canonical body, once it was read.</summary>
    public JsonValue Body { get; private set; } = JsonValue.Null;

    /// <summary>The refusal of a request that has faults; null when it is good so far.</summary>
    public Problem? Problem => _errors.Count == 0 ? null : new(
        ProblemKind.InvalidRequest, _errors.Count == 1 ? _errors[0].Message : $"The request has {_errors.Count} faults.")
    { Errors = [.. _errors] };

    /// <summary><see cref="Problem"/> as an answer.</summary>
    public IResult? Refusal => Problem is { } problem ? new ProblemResult(problem) : null;

    public void Fault(string pointerOrParameter, string message, string code = "invalid") => _errors.Add(new(pointerOrParameter, message, code));

    public void Require(bool good, string pointerOrParameter, string message)
    {
        if (!good) Fault(pointerOrParameter, message);
    }

    /// <summary>The body as <typeparamref name="T"/>; null when it has faults.</summary>
    /// <param name="optional">It may be absent; then it is as if it had no members.</param>
    public async Task<T?> BodyAsync<T>(bool optional = false) where T : class
    {
        var (json, error) = await JsonBody.ReadAsync(http, optional);
        if (json is null)
        {
            _errors.Add(error!);
            return null;
        }

        Body = json;
        using var document = JsonDocument.Parse(json.Utf8, new JsonDocumentOptions { MaxDepth = JsonValue.DepthMax });
        var faults = Shape.Check(typeof(T), document.RootElement);
        _errors.AddRange(faults);
        return faults.Count > 0 ? null : JsonSerializer.Deserialize<T>(json.Utf8.Span, Wire.Json);
    }

    /// <summary>A member of the body that was read, as its canonical bytes.</summary>
    public JsonValue Member(string name)
    {
        using var document = JsonDocument.Parse(Body.Utf8, new JsonDocumentOptions { MaxDepth = JsonValue.DepthMax });
        return JsonValue.Trusted(JsonMarshal.GetRawUtf8Value(document.RootElement.GetProperty(name)).ToArray());
    }

    public NetworkId Network(string name) => new(Caller.Tenant, Named("network", name));

    public AgentId Agent(string name) => new(Caller.Tenant, Named("agent", name));

    public ChannelId Channel(string name) => new(Caller.Tenant, Named("channel", name));

    public RunId Run(string name)
    {
        Require(RunId.TryParse(Caller.Tenant, name, out var run), "run", "This is not the id of a run.");
        return run;
    }

    public AssignmentId Assignment(string name)
    {
        Require(AssignmentId.TryParse(Caller.Tenant, name, out var assignment), "assignment", "This is not the id of an assignment.");
        return assignment;
    }

    /// <summary>A query parameter; null when it is not there.</summary>
    public string? Query(string name)
    {
        var values = http.Request.Query[name];
        Require(values.Count < 2, name, "This may be given once.");
        return values.Count == 0 ? null : values[0];
    }

    public long? QueryNumber(string name, long min, long max)
    {
        if (Query(name) is not { } text) return null;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
        Fault(name, string.Create(CultureInfo.InvariantCulture, $"This must be a whole number from {min} to {max}."));
        return null;
    }

    public ContextVersion? QueryVersion(string name) => QueryNumber(name, 0, long.MaxValue) is { } number ? new(number) : null;

    public string? QueryName(string name)
    {
        var text = Query(name);
        Require(text is null || Names.IsValid(text), name, new NameAttribute().Sentence);
        return text;
    }

    public T? QueryWord<T>(string name) where T : struct, Enum
    {
        if (Query(name) is not { } text) return null;
        foreach (var value in Enum.GetValues<T>())
        {
            if (Wire.NameOf(value) == text) return value;
        }

        Fault(name, $"This must be one of {string.Join(", ", Enum.GetValues<T>().Select(value => Wire.NameOf(value)))}.");
        return null;
    }

    /// <summary>Words joined by commas; the parameter may also be repeated.</summary>
    public ImmutableArray<string> QueryWords(string name) =>
        [.. http.Request.Query[name].SelectMany(value => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries))];

    /// <summary>How many elements of a list are wanted.</summary>
    public int QueryLimit() => (int)(QueryNumber("limit", 1, 500) ?? 100);

    /// <summary>The caller's key of this request; null without one.</summary>
    public string? IdempotencyKey()
    {
        var values = http.Request.Headers["Idempotency-Key"];
        if (values.Count == 0) return null;
        var key = values[0] ?? "";
        Require(values.Count == 1 && key.Length is >= 1 and <= 255 && key.All(c => c is >= ' ' and <= '~'), "Idempotency-Key", "This must have 1 to 255 printable ASCII characters.");
        return key;
    }

    private string Named(string parameter, string name)
    {
        Require(Names.IsValid(name), parameter, new NameAttribute().Sentence);
        return name;
    }
}
