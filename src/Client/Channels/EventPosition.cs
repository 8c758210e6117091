using System.Globalization;

namespace Rosud.Channels;

/// <summary>The id of an event: <c>17</c> for a commit, <c>17.3</c> for a notice beside it.</summary>
internal static class EventPosition
{
    public static string Of(FeedPosition position) => position.Notice is { } notice
        ? string.Create(CultureInfo.InvariantCulture, $"{position.Version.Number}.{notice}")
        : position.Version.Number.ToString(CultureInfo.InvariantCulture);

    public static bool TryParse(string? text, out FeedPosition position)
    {
        position = default;
        switch (text?.Split('.'))
        {
            case [var version] when TryNumber(version, out var number):
                position = new(new(number), null);
                return true;
            case [var version, var notice] when TryNumber(version, out var number) && TryNumber(notice, out var noticeNumber):
                position = new(new(number), noticeNumber);
                return true;
            default:
                return false;
        }
    }

    private static bool TryNumber(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
