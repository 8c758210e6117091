using System.Diagnostics.CodeAnalysis;
using Rosud.Tenants;

namespace Rosud.Hosting;

/// <summary>What a request is for: who goes first when not all can.</summary>
internal enum Lane
{
    /// <summary>A person waits for it.</summary>
    Interactive,

    /// <summary>Nobody waits for it: it gets the lower half of the places.</summary>
    Batch,
}

/// <summary>
/// Lets so many requests work at once, fairly over the tenants: one tenant alone gets at most three quarters of the places, and two that both want them half each.
/// Knows no clock; safe from several threads.
/// </summary>
internal sealed class RequestGate(RequestGateOptions options)
{
    private const int Growth = 8;
    private const int Patience = 10;   // Looks that are late before the limit falls: a burst, or a busy moment of the machine, is no overload.
    private readonly Lock _lock = new();
    private readonly Dictionary<TenantId, Places> _tenants = [];
    private double _limit = options.ConcurrentMax;
    private int _running;
    private int _late;
    private long _tickets;

    /// <summary>Requests that may work at once now.</summary>
    public int Limit => (int)_limit;

    public int Running => _running;

    /// <summary>Requests that wait for their turn.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock) return _tenants.Values.Sum(tenant => tenant.Queue.Count);
        }
    }

    /// <summary>Asks for a place.</summary>
    /// <param name="turn">Completes when it has one; null when it has it at once.</param>
    /// <returns>False when as many wait as may: nothing was taken.</returns>
    public bool TryEnter(TenantId tenant, Lane lane, [NotNullWhen(true)] out Ticket? ticket, out Task? turn)
    {
        lock (_lock)
        {
            if (!_tenants.TryGetValue(tenant, out var places)) _tenants[tenant] = places = new();
            ticket = new(tenant, lane, ++_tickets);
            turn = null;
            if (!places.Queue.Exists(before => before.Lane <= lane) && HasRoom(places, lane))
            {
                Take(places, ticket);
                return true;
            }

            if (places.Queue.Count >= options.QueuePerTenant)
            {
                ticket = null;
                Forget(tenant, places);
                return false;
            }

            places.Queue.Add(ticket);
            turn = ticket.Turn.Task;
            return true;
        }
    }

    /// <summary>Gives the place back, or the place in the queue of one that waits no longer.</summary>
    public void Leave(Ticket ticket)
    {
        lock (_lock)
        {
            if (!_tenants.TryGetValue(ticket.Tenant, out var places)) return;
            if (ticket.HasPlace)
            {
                ticket.HasPlace = false;
                places.Running--;
                _running--;
            }
            else
            {
                places.Queue.Remove(ticket);
            }

            Forget(ticket.Tenant, places);
            Admit();
        }
    }

    /// <summary>The host keeps up, or does not: the limit grows a little, or falls below what is at work when it did not for a while.</summary>
    public void Felt(bool isLate)
    {
        lock (_lock)
        {
            _late = isLate ? _late + 1 : 0;
            if (isLate && _late < Patience) return;
            _limit = isLate
                ? Math.Max(options.ConcurrentMin, Math.Min(_limit, Math.Max(_running, options.ConcurrentMin)) * 0.8)
                : Math.Min(options.ConcurrentMax, _limit + Growth);
            _limit = Math.Clamp(_limit, Math.Min(options.ConcurrentMin, options.ConcurrentMax), options.ConcurrentMax);
            Admit();
        }
    }

    // Interactive before batch; then the tenant with the least at work; then whoever came first.
    private void Admit()
    {
        while (true)
        {
            var next = _tenants
                .SelectMany(tenant => tenant.Value.Queue.Where(ticket => HasRoom(tenant.Value, ticket.Lane)).OrderBy(ticket => ticket.Lane).Take(1).Select(ticket => (Places: tenant.Value, Ticket: ticket)))
                .OrderBy(one => one.Ticket.Lane).ThenBy(one => one.Places.Running).ThenBy(one => one.Ticket.Number)
                .FirstOrDefault();
            if (next.Ticket is null) return;
            next.Places.Queue.Remove(next.Ticket);
            Take(next.Places, next.Ticket);
            next.Ticket.Turn.TrySetResult();
        }
    }

    private bool HasRoom(Places places, Lane lane)
    {
        var limit = Math.Max(1, (int)_limit);
        if (_running >= (lane is Lane.Batch ? Math.Max(1, limit / 2) : limit)) return false;
        var share = _tenants.Count > 1 ? (limit + _tenants.Count - 1) / _tenants.Count : limit - (limit / 4);
        return places.Running < Math.Max(1, share);
    }

    private void Take(Places places, Ticket ticket)
    {
        ticket.HasPlace = true;
        places.Running++;
        _running++;
    }

    private void Forget(TenantId tenant, Places places)
    {
        if (places is { Running: 0, Queue.Count: 0 }) _tenants.Remove(tenant);
    }

    private sealed class Places
    {
        public int Running { get; set; }

        public List<Ticket> Queue { get; } = [];
    }

    /// <summary>A request's place, or its place in the queue.</summary>
    internal sealed class Ticket(TenantId tenant, Lane lane, long number)
    {
        public TenantId Tenant { get; } = tenant;

        public Lane Lane { get; } = lane;

        public long Number { get; } = number;

        public bool HasPlace { get; set; }

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
