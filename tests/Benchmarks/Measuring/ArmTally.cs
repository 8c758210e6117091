using Rosud.Reports;

namespace Rosud.Measuring;

/// <summary>Adds up what one arm did over all repetitions. Safe to add to from several threads.</summary>
internal sealed class ArmTally
{
    private readonly Lock _lock = new();
    private readonly Latencies _latencies = new();
    private long _runs;
    private long _errors;
    private double _overheadMs;
    private long _fired;
    private long _needed;
    private long _tokens;
    private long _coordinationTokens;
    private double _costUsd;

    /// <summary>Adds how long its operations took.</summary>
    public void Add(Latencies latencies)
    {
        lock (_lock) _latencies.Add(latencies);
    }

    /// <summary>Adds one run and what it says of itself. Where no model is called nothing costs tokens.</summary>
    public void Ran(bool completed, double overheadMs, int fired, int needed, long tokens = 0, long coordinationTokens = 0, double costUsd = 0)
    {
        lock (_lock)
        {
            _runs++;
            if (!completed) _errors++;
            _overheadMs += overheadMs;
            _fired += fired;
            _needed += needed;
            _tokens += tokens;
            _coordinationTokens += coordinationTokens;
            _costUsd += costUsd;
        }
    }

    /// <summary>The arm.</summary>
    public Arm ToArm()
    {
        lock (_lock)
        {
            return new()
            {
                Runs = Math.Max(_runs, _latencies.Count),
                P50Ms = _latencies.PercentileMs(50),
                P95Ms = _latencies.PercentileMs(95),
                P99Ms = _latencies.PercentileMs(99),
                TokensMean = _runs == 0 ? 0 : (double)_tokens / _runs,
                CoordinationTokensMean = _runs == 0 ? 0 : (double)_coordinationTokens / _runs,
                CostUsdMean = _runs == 0 ? 0 : _costUsd / _runs,
                ErrorRate = _runs == 0 ? 0 : (double)_errors / _runs,
                OverheadMsMean = _runs == 0 ? null : _overheadMs / _runs,
                FiredMean = _runs == 0 ? null : (double)_fired / _runs,
                NeededMean = _runs == 0 ? null : (double)_needed / _runs,
            };
        }
    }
}
