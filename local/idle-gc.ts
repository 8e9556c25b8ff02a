import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Message that makes a thread call `collectGarbage`. */
export const COLLECT_GARBAGE = 'collect garbage';

let collect: NodeJS.GCFunction | undefined;

/** Collects this thread's garbage completely, so that the system gets the memory back. */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NodeJS.GCFunction; // as the flag provides it
  }
  // A regular collection would keep the empty pages for the next burst.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

/** How often its size is looked at: under load the process grows by some hundred MB in a few seconds. */
const LOOK_MS = 1_000;
/** Looks without work after which it is idle. */
const IDLE_LOOKS = 5;
/** Fewer invocations leave too little garbage. */
const WORTH_INVOCATIONS = 200;
/** Under constant load each thread may accumulate many times the memory that it needs: after this growth garbage is collected anyway. */
const MAX_GROWTH_BYTES = 300 * 1024 * 1024;

/** Makes the threads release memory when they are idle after work, or when the process has grown; otherwise they would keep it for the next burst. */
export function startIdleGc(isBusy: () => boolean, invocations: () => number, threads: (() => void)[]): () => void {
  let [seen, collected, idleLooks] = [0, 0, 0];
  let least = process.memoryUsage.rss();
  const timer = setInterval(() => {
    const now = invocations();
    idleLooks = !isBusy() && now === seen ? idleLooks + 1 : 0;
    seen = now;
    // A reset restarts the count.
    collected = Math.min(collected, now);
    const size = process.memoryUsage.rss();
    // After a collection the threads need some seconds to release the memory.
    least = Math.min(least, size);
    const isWorthIt = idleLooks >= IDLE_LOOKS && now - collected >= WORTH_INVOCATIONS;
    if (!isWorthIt && size - least < MAX_GROWTH_BYTES) return;
    collected = now;
    least = size;
    for (const thread of threads) thread();
  }, LOOK_MS).unref();
  return () => clearInterval(timer);
}
