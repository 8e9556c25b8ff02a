import type { Answered, Config, Middleware, Next, Stack } from './middleware.ts';

const RETRIES = 'retryMiddleware';

/**
 * The SDK's makes an error, with its stack, before each call, in case that it fails. Here a call that succeeds is only counted, and one that fails is
 * handed to the SDK's. Of the mode `adaptive`, which may wait before it calls, nothing is changed.
 */
export function quickenRetries(stack: Stack, config: Config): void {
  const own = middlewareOf(stack, RETRIES);
  if (own === undefined) throw new Error('the SDK is not of the version that this was written for');
  const quick: Middleware = (next, context) => async (args) => {
    if ((await config.retryMode()) !== 'standard') return own(next, context)(args);
    const strategy = await config.retryStrategy();
    let answered: Answered;
    try {
      answered = await next(args);
    } catch (error) {
      let hasFailed = false;
      const after: Next = async (again) => {
        if (hasFailed) return next(again);
        hasFailed = true;
        throw error;
      };
      return own(after, context)(args);
    }
    strategy.recordSuccess(await strategy.acquireInitialRetryToken(''));
    Object.assign(answered.output?.$metadata ?? {}, { attempts: 1, totalRetryDelay: 0 });
    return answered;
  };
  stack.add(quick, { name: RETRIES, step: 'finalizeRequest', priority: 'high', override: true });
}

function middlewareOf(stack: Stack, name: string): Middleware | undefined {
  let found: Middleware | undefined;
  stack.applyToStack({
    add(middleware, options) {
      if (options.name === name) found = middleware;
    },
    addRelativeTo: () => undefined,
    identifyOnResolve: () => false,
  });
  return found;
}
