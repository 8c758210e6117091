namespace Rosud.Audit;

/// <summary>How exports of audit chains are signed. Section <c>Rosud:Audit</c>.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Rosud:Audit";

    /// <summary>The file of the signing key: an ECDSA key on the curve P-256 in PEM. Made with the first export when missing, readable by its owner only.</summary>
    /// <value>Default <c>audit-key.pem</c> in the host's data folder.</value>
    public string KeyFile { get; set; } = "";
}
