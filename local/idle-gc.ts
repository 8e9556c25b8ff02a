import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a thread is told in order to call `giveBack`. */
export const COLLECT_GARBAGE = 'give back';

let collect: NodeJS.GCFunction | undefined;

/** Collects this thread's garbage whole; the system gets the memory back. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NodeJS.GCFunction; // as the flag provides it
  }
  // A regular collection keeps the emptied pages for the next burst.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

const LOOK_MS = 5_000;
/** Fewer leave nothing that is worth it. */
const WORTH_INVOCATIONS = 200;
/** Under load that never rests each thread lets garbage pile up to many times of what it needs: so much more, and it is collected all the same. */
const MAX_GROWTH_BYTES = 160 * 1024 * 1024;

/** Has the threads give memory back when they rest after work, or when the process has grown: they would else keep it for the next burst. */
export function startIdleGc(isBusy: () => boolean, invocations: () => number, threads: (() => void)[]): () => void {
  let [seen, collected] = [0, 0];
  let least = process.memoryUsage.rss();
  const timer = setInterval(() => {
    const now = invocations();
    const isResting = !isBusy() && now === seen;
    seen = now;
    // A reset counts anew.
    collected = Math.min(collected, now);
    const size = process.memoryUsage.rss();
    // After a collection the threads need some seconds to give back what was collected.
    least = Math.min(least, size);
    const isWorthIt = isResting && now - collected >= WORTH_INVOCATIONS;
    if (!isWorthIt && size - least < MAX_GROWTH_BYTES) return;
    collected = now;
    least = size;
    for (const thread of threads) thread();
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}
