using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Rosud.Streams;

/// <summary>How updates travel to listeners: <c>Orleans:Streaming:rosud</c>.</summary>
internal sealed class UpdateStreamOptions
{
    /// <summary>Queues of the cluster, over which the channels are spread. Must be the same on every silo.</summary>
    /// <value>Default 8.</value>
    [Range(1, 64)]
    public int Queues { get; set; } = 8;

    /// <summary>Updates that may wait in one queue; over that the oldest are lost (and read again from the channel).</summary>
    /// <value>Default 4,096.</value>
    [Range(16, 1_000_000)]
    public int QueuedItemsMax { get; set; } = 4_096;

    /// <summary>Canonical bytes that may wait in one queue; over that the oldest are lost.</summary>
    /// <value>Default 32 MiB.</value>
    [Range(1 << 20, 1L << 32)]
    public long QueuedBytesMax { get; set; } = 32L << 20;

    /// <summary>Updates of streams with listeners that one queue's deliverer holds for subscribers that are behind.</summary>
    /// <value>Default 1,024.</value>
    [Range(64, 65_536)]
    public int DeliveringMax { get; set; } = 1_024;

    /// <summary>How long an empty queue is listened to before it is asked again. Must be well below the response timeout.</summary>
    /// <value>Default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:20")]
    public TimeSpan Park { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one update is tried with a subscriber that does not answer, before it is skipped for that subscriber.</summary>
    /// <value>Default 5 s.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan DeliveryTimeMax { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Refuses settings that are out of their range when the host starts.</summary>
    internal sealed class Ranges : IValidateOptions<UpdateStreamOptions>
    {
        public ValidateOptionsResult Validate(string? name, UpdateStreamOptions options)
        {
            var faults = new List<ValidationResult>();
            return Validator.TryValidateObject(options, new(options), faults, validateAllProperties: true)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(faults.Select(fault => $"Orleans:Streaming:{name}: {fault.ErrorMessage}"));
        }
    }
}
