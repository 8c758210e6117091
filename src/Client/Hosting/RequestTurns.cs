using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>Gives requests their turn at the edge of the host, before they read a body or call a grain.</summary>
internal sealed class RequestTurns(RequestGate gate, IOptions<RequestGateOptions> options, TimeProvider time) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.GetEndpoint()?.Metadata.GetMetadata<OwnTurn>() is not null) return await next(context);
        await using var place = await Enter(Caller.Of(http).Tenant, Lane.Interactive, http.RequestAborted);
        return place is null ? Refused : await next(context);
    }

    /// <summary>Waits for a place; null when there is none in time.</summary>
    public async Task<Place?> Enter(TenantId tenant, Lane lane, CancellationToken gone)
    {
        if (!gate.TryEnter(tenant, lane, out var ticket, out var turn)) return null;
        if (turn is null) return new(gate, ticket);
        await turn.WaitAsync(options.Value.WaitMax, time, gone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);   // A throw is dear where most are refused.
        if (turn.IsCompletedSuccessfully && !gone.IsCancellationRequested) return new(gate, ticket);
        gate.Leave(ticket);
        return null;
    }

    public static ProblemResult Refused { get; } = new(new(ProblemKind.Overloaded, "This host has as much to do as it can. Try again later.") { RetryAfter = TimeSpan.FromSeconds(1) });

    /// <summary>A place at work, until it is disposed.</summary>
    internal sealed class Place(RequestGate gate, RequestGate.Ticket ticket) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            gate.Leave(ticket);
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>Marks routes that are never held back, or that ask for their turn themselves.</summary>
internal sealed class OwnTurn
{
    public static OwnTurn Mark { get; } = new();
}

/// <summary>How routes say that they are never held back.</summary>
internal static class OwnTurns
{
    /// <summary>Ends work, intervenes or only listens: held back, it would make an overload worse.</summary>
    public static TBuilder NeverHeldBack<TBuilder>(this TBuilder route)
        where TBuilder : IEndpointConventionBuilder => route.WithMetadata(OwnTurn.Mark);
}

/// <summary>Refuses to start with an option out of its range, and says which.</summary>
internal sealed class RequestGateRanges : IValidateOptions<RequestGateOptions>
{
    public ValidateOptionsResult Validate(string? name, RequestGateOptions options)
    {
        var faults = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new(options), faults, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(faults.Select(fault => $"{RequestGateOptions.Section}: {fault.ErrorMessage}"));
    }
}
