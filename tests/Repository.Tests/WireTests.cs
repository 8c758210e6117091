using System.Reflection;

namespace Rosud;

/// <summary>
/// What travels between silos and what is stored: aliases and ids are promises to the versions before. A change shows as a
/// difference of <c>wire-contract.txt</c>; until the first tag it may be written anew with <c>ROSUD_WRITE_WIRE=1</c>.
/// </summary>
public sealed class WireTests
{
    private const string Snapshot = "tests/Repository.Tests/wire-contract.txt";

    private static readonly string[] Assemblies = ["Rosud.Grains.Interfaces", "Rosud.Grains"];

    [Fact]
    public void The_wire_is_what_it_was()
    {
        var now = string.Join('\n', Contract()) + "\n";
        var path = Path.Combine(Tree.Root, Snapshot);
        if (Environment.GetEnvironmentVariable("ROSUD_WRITE_WIRE") == "1") File.WriteAllText(path, now);
        Assert.Equal(File.ReadAllText(path), now);
    }

    [Fact]
    public void Everything_on_the_wire_has_an_alias_of_its_own()
    {
        var types = Types().Where(type => IsOnWire(type) || IsGrainInterface(type)).ToList();
        Assert.Empty(types.Where(type => AliasOf(type) is null && !type.IsEnum).Select(type => type.FullName));
        Assert.Empty(types.Select(AliasOf).OfType<string>().GroupBy(alias => alias).Where(same => same.Count() > 1).Select(same => same.Key));
    }

    [Fact]
    public void Every_method_of_a_grain_interface_has_an_alias() =>
        Assert.Empty(from type in Types() where IsGrainInterface(type) from method in type.GetMethods() where AliasOf(method) is null select $"{type.FullName}.{method.Name}");

    [Fact]
    public void No_id_is_used_twice_in_a_type() =>
        Assert.Empty(from type in Types() where IsOnWire(type) from same in Members(type).GroupBy(member => member.Id) where same.Count() > 1 select $"{type.FullName} {same.Key}");

    private static IEnumerable<string> Contract() => Types()
        .Where(type => IsOnWire(type) || IsGrainInterface(type))
        .SelectMany(type => Lines(type).Prepend($"{AliasOf(type) ?? type.FullName}"))
        .Aggregate(new List<List<string>>(), (blocks, line) =>
        {
            if (!line.StartsWith(' ')) blocks.Add([]);
            blocks[^1].Add(line);
            return blocks;
        })
        .OrderBy(block => block[0], StringComparer.Ordinal)
        .SelectMany(block => block);

    private static IEnumerable<string> Lines(Type type) => type.IsInterface
        ? type.GetMethods().Select(method => $"  {AliasOf(method)}({string.Join(", ", method.GetParameters().Select(parameter => Name(parameter.ParameterType)))}) -> {Name(method.ReturnType)}").Order(StringComparer.Ordinal)
        : Members(type).OrderBy(member => member.Id).Select(member => $"  {member.Id} {Name(member.Type)}");

    private static IEnumerable<(uint Id, Type Type)> Members(Type type)
    {
        const BindingFlags Own = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly;
        foreach (var property in type.GetProperties(Own))
        {
            if (property.GetCustomAttribute<IdAttribute>() is { } id) yield return (id.Id, property.PropertyType);
        }

        foreach (var field in type.GetFields(Own))
        {
            if (field.GetCustomAttribute<IdAttribute>() is { } id) yield return (id.Id, field.FieldType);
        }
    }

    private static string Name(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>"
        : AliasOf(type) ?? type.Name;

    private static IEnumerable<Type> Types() => Assemblies.SelectMany(name => Assembly.Load(name).GetTypes())
        .Where(type => type.Namespace?.StartsWith("Rosud", StringComparison.Ordinal) == true && !type.Name.Contains('<', StringComparison.Ordinal));

    private static bool IsOnWire(Type type) => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null;

    private static bool IsGrainInterface(Type type) => type.IsInterface && typeof(Orleans.Runtime.IAddressable).IsAssignableFrom(type);

    private static string? AliasOf(MemberInfo member) => member.GetCustomAttribute<AliasAttribute>(inherit: false)?.Alias;
}
