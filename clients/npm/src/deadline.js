/** Time left, measured on the monotonic clock, and a caller's signal: together they end everything that waits. */
export class Deadline {
  /**
   * @param {number} ms Infinity for none.
   * @param {AbortSignal} [signal]
   */
  constructor(ms, signal) {
    this.ms = ms;
    this.signal = signal;
    this.ends = performance.now() + ms;
  }

  get left() {
    return Math.max(0, this.ends - performance.now());
  }

  /** @throws The signal's reason, when it is aborted. */
  check() {
    this.signal?.throwIfAborted();
  }
}

/** The longest time a timer takes; longer ones would fire at once. */
const timerMax = 2 ** 31 - 1;

/** Waits; rejects with the signal's reason when that comes first. Leaves neither timer nor listener behind. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    };
    const stop = () => {
      end();
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      end();
      resolve();
    }, Math.min(ms, timerMax));
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * A signal of one piece of work: aborted with the others, after `ms`, or by `abort`. `untimed()` takes the time limit away,
 * `release()` must be called at the end. (AbortSignal.any and AbortSignal.timeout are not in every supported engine; this
 * leaves neither timers nor listeners behind.)
 */
export function linked(signals, ms = Infinity, reasonOfTime = () => new Error("Out of time.")) {
  const controller = new AbortController();
  const stops = [];
  let timer;
  for (const signal of signals) {
    if (!signal) continue;
    if (signal.aborted) controller.abort(signal.reason);
    const stop = () => controller.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    stops.push(() => signal.removeEventListener("abort", stop));
  }
  if (ms < timerMax) timer = setTimeout(() => controller.abort(reasonOfTime()), Math.max(0, ms));
  const untimed = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    untimed,
    release: () => {
      untimed();
      stops.splice(0).forEach((stop) => stop());
    },
  };
}
