/** The time of everything in this process: `Date` itself is set, because functions, SDK and stand-ins all ask it. */
export interface LocalClock {
  readonly isVirtual: boolean;
  now(): number;
  /** Only a virtual clock moves by hand; never back. */
  moveTo(ms: number): void;
  /** Sets a virtual clock back, at a reset. */
  restart(ms: number): void;
}

const RealDate = globalThis.Date;

/** Wall-clock milliseconds, whatever the virtual time is. */
export const realNow = (): number => RealDate.now();

/** Leaves `Date` alone (real), or makes it stand still at `start` until it is moved. */
export function installClock(isVirtual: boolean, start: number): LocalClock {
  let at = start;
  if (isVirtual) {
    // Only `now` and the empty constructor differ; the prototype is shared, so that `instanceof Date` holds for both.
    globalThis.Date = new Proxy(RealDate, {
      construct: (target, args: unknown[], newTarget) =>
        Reflect.construct(target, args.length === 0 ? [at] : args, newTarget),
      apply: () => new RealDate(at).toString(),
      get: (target, name, receiver) => (name === 'now' ? () => at : Reflect.get(target, name, receiver)),
    });
  }
  return {
    isVirtual,
    now: () => (isVirtual ? at : RealDate.now()),
    moveTo: (ms) => {
      at = Math.max(at, ms);
    },
    restart: (ms) => {
      at = ms;
    },
  };
}
