/** The time of everything in this process: `Date` itself is replaced, because functions, the SDK and emulators all use it. */
export interface LocalClock {
  readonly isVirtual: boolean;
  /** Argument of a thread's `followClock`; absent: the clock is real. */
  readonly shared: SharedArrayBuffer | undefined;
  now(): number;
  /** Moves a virtual clock forward; never back. */
  moveTo(ms: number): void;
  /** Sets a virtual clock back, at a reset. */
  restart(ms: number): void;
}

const RealDate = globalThis.Date;

/** Wall-clock milliseconds, whatever the virtual time is. */
export const realNow = (): number => RealDate.now();

/** Leaves `Date` alone (real), or sets it to `start`, where it stands still until it is moved. */
export function installClock(isVirtual: boolean, start: number): LocalClock {
  const hand = new BigInt64Array(new SharedArrayBuffer(8));
  const set = (ms: number) => void Atomics.store(hand, 0, BigInt(ms));
  const read = () => Number(Atomics.load(hand, 0));
  set(start);
  if (isVirtual) replaceDate(read);
  return {
    isVirtual,
    shared: isVirtual ? (hand.buffer as SharedArrayBuffer) : undefined,
    now: () => (isVirtual ? read() : RealDate.now()),
    moveTo: (ms) => set(Math.max(read(), ms)),
    restart: set,
  };
}

/** For another thread of the process: its `Date` follows this clock. */
export function followClock(shared: SharedArrayBuffer | undefined): void {
  if (shared === undefined) return;
  const hand = new BigInt64Array(shared);
  replaceDate(() => Number(Atomics.load(hand, 0)));
}

/** Only `now` and the empty constructor differ; the prototype is shared, so that `instanceof Date` holds for both. */
function replaceDate(read: () => number): void {
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [read()] : args, newTarget),
    apply: () => new RealDate(read()).toString(),
    get: (target, name, receiver) => (name === 'now' ? read : Reflect.get(target, name, receiver)),
  });
}
