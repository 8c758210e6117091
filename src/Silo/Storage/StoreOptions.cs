using System.ComponentModel.DataAnnotations;

namespace Rosud.Storage;

/// <summary>Where the embedded store is. Section <c>Rosud</c>.</summary>
internal sealed class StoreOptions
{
    public const string Section = "Rosud";

    /// <summary>The folder of the embedded store, from the folder where the host was started; made when missing. One host has it at a time.</summary>
    /// <value>Default <c>data</c>.</value>
    [Required]
    public string DataPath { get; set; } = "data";
}
