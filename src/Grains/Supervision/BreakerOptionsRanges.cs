using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Rosud.Supervision;

/// <summary>Refuses to start with a breaker option out of its range, and says which.</summary>
internal sealed class BreakerOptionsRanges : IValidateOptions<BreakerOptions>
{
    public ValidateOptionsResult Validate(string? name, BreakerOptions options)
    {
        var faults = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new(options), faults, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(faults.Select(fault => $"{BreakerOptions.Section}: {fault.ErrorMessage}"));
    }
}
