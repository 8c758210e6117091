using HdrHistogram;
using HdrHistogram.Utilities;

namespace Rosud.Networks;

/// <summary>Milliseconds up to 7 days in an HdrHistogram of two significant digits: histograms merge without loss, and percentiles are within 1 %.</summary>
internal static class LatencyHistogram
{
    private const long LongestMs = 7L * 24 * 3600 * 1000;
    private const int Digits = 2;

    public static HistogramBase Empty => new LongHistogram(LongestMs * 100, Digits);

    public static void Record(HistogramBase histogram, double ms) => histogram.RecordValue(Math.Clamp((long)(ms * 100), 0, LongestMs * 100));   // Hundredths: 0.3 ms still has its two digits.

    /// <summary>The value that a share of all, 0 to 100, stays within.</summary>
    public static double At(HistogramBase histogram, double percentile) => histogram.GetValueAtPercentile(Math.Clamp(percentile, 0, 100)) / 100d;

    public static HistogramBase Decode(ReadOnlyMemory<byte> bytes) =>
        bytes.IsEmpty ? Empty : HistogramEncoding.DecodeFromCompressedByteBuffer(ByteBuffer.Allocate(bytes.ToArray()), 0);

    public static byte[] Encode(HistogramBase histogram)
    {
        var buffer = ByteBuffer.Allocate(histogram.GetNeededByteBufferCapacity());
        var bytes = new byte[histogram.EncodeIntoCompressedByteBuffer(buffer)];
        buffer.Position = 0;
        for (var i = 0; i < bytes.Length; i++) bytes[i] = buffer.Get();
        return bytes;
    }
}
