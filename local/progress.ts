/** If nothing in flight ends for this long, the work hangs. */
const HANG_MS = 60_000;
/** If the number of things in flight stays the same for this long, although some end and others start, the work hangs. */
const STANDSTILL_MS = 180_000;
/** Interval between checks. */
const LOOK_MS = 250;

export interface Work {
  /** Number of things that have ended so far. */
  done(): number;
  /** Things that are in flight. */
  left(): number;
}

/** Returns a function that says, each time it is called, whether the work in flight makes no more progress. `now`: wall-clock ms. Decision 0029. */
export function watchProgress({ done, left }: Work, now: () => number): () => boolean {
  const began = now();
  let [seen, most, least] = [done(), 0, 0];
  let [looked, ended, moved] = [began, began, began];
  return () => {
    const at = now();
    if (at - looked < LOOK_MS) return false;
    looked = at;
    if (done() !== seen) [seen, ended] = [done(), at];
    const rest = left();
    if (rest > most) [most, least, moved] = [rest, rest, at];
    else if (rest < least) [least, moved] = [rest, at];
    return at - ended > HANG_MS || at - moved > STANDSTILL_MS;
  };
}
