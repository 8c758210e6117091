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

const fans = new WeakMap();

// One listener for each signal, however many calls share it: a program that gives all its calls one signal would else be
// warned of a leak that is none. Returns what takes the callback away again.
function onAbort(signal, act) {
  let fan = fans.get(signal);
  if (!fan) {
    const acts = new Set();
    const fire = () => {
      fans.delete(signal);
      for (const each of [...acts]) each();
    };
    fan = { acts, end: () => signal.removeEventListener("abort", fire) };
    fans.set(signal, fan);
    signal.addEventListener("abort", fire, { once: true });
  }
  fan.acts.add(act);
  return () => {
    fan.acts.delete(act);
    if (fan.acts.size > 0 || fans.get(signal) !== fan) return;
    fans.delete(signal);
    fan.end();
  };
}

/** Waits; rejects with the signal's reason when that comes first. Leaves neither timer nor listener behind. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const forget = signal ? onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    }) : () => {};
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, Math.min(ms, timerMax));
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
    stops.push(onAbort(signal, () => controller.abort(signal.reason)));
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
