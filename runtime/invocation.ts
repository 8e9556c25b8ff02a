import { AsyncLocalStorage } from 'node:async_hooks';
import type { Invocation } from '../adapters/sqs/metric-events.ts';

const invocations = new AsyncLocalStorage<Invocation>();

/** Returns the invocation that calls. An instance of Lambda has one at a time; the embedded cloud runs several of a function side by side. */
export const currentInvocation = (): Invocation | undefined => invocations.getStore();

/** Handles an event as an invocation of its own. What it keeps for its end is done before it answers or fails; that must not throw. */
export async function asInvocation<Result>(handle: () => Promise<Result>): Promise<Result> {
  const ends: (() => Promise<void>)[] = [];
  let isOver = false;
  const atEnd = (work: () => Promise<void>) => {
    if (isOver) void work();
    else ends.push(work);
  };
  try {
    return await invocations.run({ atEnd }, handle);
  } finally {
    isOver = true;
    await Promise.all(ends.map((end) => end()));
  }
}
