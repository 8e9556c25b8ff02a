/** So long nothing that was in flight has come to its end: it hangs. */
const HANG_MS = 60_000;
/** So long things end, but others take their place: what is left was at no time less, nor more. */
const STANDSTILL_MS = 180_000;
/** How often it is looked. */
const LOOK_MS = 250;

export interface Work {
  /** Things that have come to an end so far. */
  done(): number;
  /** Things that are in flight. */
  left(): number;
}

/** Tells, asked again and again, whether what is in flight makes no progress any more. `now`: wall-clock ms. Decision 0029. */
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
