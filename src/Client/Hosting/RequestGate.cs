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
/// While the machine is crowded, a tenant that brings more than all others together gets less, down to a few places: the others keep their pace.
/// Knows no clock but the looks it is told of; safe from several threads.
/// </summary>
internal sealed class RequestGate(RequestGateOptions options)
{
    private const int Growth = 8;
    private const double CrowdedLooks = 2;
    private const double CalmLook = 0.5;   // Work that comes in bursts is late at every second or third look only.
    private const int RememberedLooks = 100;   // A tenant that paused for that long is no longer in anybody's way.
    private const int RecentLooks = 10;
    private const double Fade = 0.9;
    private const double ShareKept = 0.7;
    private const double BusyShareKept = 0.5;
    private const double StormShareKept = 0.25;   // A storm that begins would be felt at each look until it is small.
    private const double Storm = 4;
    private const double ShareGrowth = 0.05;
    private const double ShareGrowthOfItself = 0.005;
    private const double WaryFrom = 0.7;
    private const double WaryTo = 0.9;
    private const double WaryGrowth = 0.1;
    private const int Patience = 10;   // Looks that are late before the limit falls: a burst, or a busy moment of the machine, is no overload.
    private readonly Lock _lock = new();
    private readonly Dictionary<TenantId, Places> _tenants = [];
    private double _limit = options.ConcurrentMax;
    private int _running;
    private int _late;
    private double _crowded;
    private int _here;
    private long _tickets;

    /// <summary>Requests that may work at once now.</summary>
    public int Limit => (int)_limit;

    public int Running => _running;

    /// <summary>Requests that have come so far, also those that were refused.</summary>
    public long Came => Interlocked.Read(ref _tickets);

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
            places.Came++;
            if (HasRoom(places, lane) && !places.Queue.Exists(before => before.Lane <= lane))
            {
                Take(places, ticket);
                return true;
            }

            if (places.Queue.Count >= options.QueuePerTenant)
            {
                ticket = null;
                return false;
            }

            if (!places.IsHere) _here++;
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
            if (!_tenants.TryGetValue(ticket.Tenant, out var places) || !places.IsHere) return;
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

            if (!places.IsHere) _here--;
            Admit();
        }
    }

    /// <summary>The host keeps up, or does not: the limit grows a little, or falls below what is at work when it did not for a while.</summary>
    /// <param name="isLate">Later than a host that keeps up may be.</param>
    /// <param name="isCrowded">So late that one tenant's requests already feel another's.</param>
    /// <param name="isBusy">The process has little of its processors left: the same, known from a tenth of a second, so one look is enough.</param>
    public void Felt(bool isLate, bool isCrowded = false, bool isBusy = false)
    {
        lock (_lock)
        {
            Weigh(isCrowded, isBusy);
            _late = isLate ? _late + 1 : 0;
            if (isLate && _late < Patience) return;
            _limit = isLate
                ? Math.Max(options.ConcurrentMin, Math.Min(_limit, Math.Max(_running, options.ConcurrentMin)) * 0.8)
                : Math.Min(options.ConcurrentMax, _limit + Growth);
            _limit = Math.Clamp(_limit, Math.Min(options.ConcurrentMin, options.ConcurrentMax), options.ConcurrentMax);
            Admit();
        }
    }

    // Only who brings more than all others together is held back, and only while it is crowded; all else comes back.
    private void Weigh(bool isCrowded, bool isBusy)
    {
        _crowded = isCrowded ? Math.Min(_crowded + 1, CrowdedLooks) : Math.Max(_crowded - CalmLook, 0);
        foreach (var (tenant, places) in _tenants)
        {
            places.Came *= Fade;
            places.LooksSinceNarrowed++;
            places.IdleLooks = places.IsHere ? 0 : places.IdleLooks + 1;
            if (places.IdleLooks > RememberedLooks) _tenants.Remove(tenant);
        }

        var busiest = _tenants.Count > 1 ? _tenants.Values.MaxBy(places => places.Came) : null;
        var others = _tenants.Values.Sum(places => places.Came) - (busiest?.Came ?? 0);
        if (busiest?.Came <= others) busiest = null;
        foreach (var places in _tenants.Values)
        {
            if (places != busiest) places.Share += 1;
            else if (!isCrowded && !isBusy) places.Share += Growing(places);
            if (places.Share >= _limit) places.Share = double.PositiveInfinity;
        }

        if (busiest is null) return;
        var isShared = _tenants.Values.Any(places => places != busiest && places.IdleLooks < RecentLooks);
        var isStorm = double.IsPositiveInfinity(busiest.Share) && busiest.Came > Storm * others;
        if (isBusy && isShared) Narrow(busiest, isStorm ? StormShareKept : BusyShareKept);
        else if (isCrowded && _crowded >= CrowdedLooks) Narrow(busiest, isStorm && isShared ? StormShareKept : ShareKept);
    }

    private void Narrow(Places places, double kept)
    {
        var had = Math.Min(places.Share, places.Running);
        places.TooMuch = places.LooksSinceNarrowed < RecentLooks ? Math.Max(places.TooMuch, had) : had;   // Several looks in a row are about the same crowd.
        places.LooksSinceNarrowed = 0;
        places.Share = Math.Max(options.CrowdedPlaces, had * kept);
    }

    // Slower shortly below what was too much the last time, so that it is seldom too much; and past that as before, because the time may have changed.
    private static double Growing(Places places)
    {
        var step = Math.Max(ShareGrowth, places.Share * ShareGrowthOfItself);
        return places.Share >= places.TooMuch * WaryFrom && places.Share < places.TooMuch * WaryTo ? step * WaryGrowth : step;
    }

    private void Admit()
    {
        while (Next() is var (places, ticket) && places is not null && ticket is not null)
        {
            Take(places, ticket);
            places.Queue.Remove(ticket);
            ticket.Turn.TrySetResult();
        }
    }

    // Interactive before batch; then the tenant with the least at work; then whoever came first.
    private (Places? Places, Ticket? Ticket) Next()
    {
        var (best, first) = ((Places?)null, (Ticket?)null);
        foreach (var places in _tenants.Values)
        {
            if (First(places) is not { } ticket) continue;
            if (first is null || (ticket.Lane, places.Running, ticket.Number).CompareTo((first.Lane, best!.Running, first.Number)) < 0) (best, first) = (places, ticket);
        }

        return (best, first);
    }

    private Ticket? First(Places places)
    {
        var first = (Ticket?)null;
        foreach (var ticket in places.Queue)
        {
            if ((first is null || ticket.Lane < first.Lane) && HasRoom(places, ticket.Lane)) first = ticket;
        }

        return first;
    }

    private bool HasRoom(Places places, Lane lane)
    {
        var limit = Math.Max(1, (int)_limit);
        if (_running >= (lane is Lane.Batch ? Math.Max(1, limit / 2) : limit)) return false;
        var others = places.IsHere ? _here - 1 : _here;
        var share = others > 0 ? (limit + others) / (others + 1) : limit - (limit / 4);
        return places.Running < Math.Max(1, Math.Min(share, places.Share));
    }

    private void Take(Places places, Ticket ticket)
    {
        if (!places.IsHere) _here++;
        ticket.HasPlace = true;
        places.Running++;
        _running++;
    }

    private sealed class Places
    {
        public int Running { get; set; }

        public List<Ticket> Queue { get; } = [];

        public bool IsHere => Running > 0 || Queue.Count > 0;

        /// <summary>Requests of late, fading with each look.</summary>
        public double Came { get; set; }

        /// <summary>Places it may have because others are here too, beside what everybody may have.</summary>
        public double Share { get; set; } = double.PositiveInfinity;

        /// <summary>Places it had when it was last held back.</summary>
        public double TooMuch { get; set; }

        public int LooksSinceNarrowed { get; set; } = RecentLooks;

        public int IdleLooks { get; set; }
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
