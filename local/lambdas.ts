import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST } from '../lib/bundles.ts';
import type { Json, Template } from './template.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;
type Variables = Record<string, string>;

/** What a function threw, as Lambda reports it. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  readonly errorType: string;
  constructor(errorType: string, message: string) {
    super(message);
    this.errorType = errorType;
  }
}

const scope = new AsyncLocalStorage<Variables>();
const own = process.env;

/** Every invocation sees the environment that its function has in the template, and nothing of this process's own. */
function installEnvironments(): void {
  Object.defineProperty(process, 'env', { configurable: true, get: () => scope.getStore() ?? own });
}

export type Lambdas = ReturnType<typeof startLambdas>;

/** Hosts the bundles of the templates' functions in this thread. `shared`: what Lambda itself would set, and the addresses of the stand-ins. */
export function startLambdas(
  template: Template,
  shared: Variables,
  queueUrl: (name: string) => string,
  onDone: () => void,
  pointerMaxAgeMs: number,
) {
  installEnvironments();
  const functions = new Map(
    template.of('AWS::Lambda::Function').map(({ properties }) => [String(properties.FunctionName), properties]),
  );
  let generation = 0;
  let handlers = new Map<string, Promise<Handler>>();
  const active = new Map<string, number>();
  const counts = new Map<string, { invocations: number; ms: number }>();

  function environmentOf(name: string, properties: Json): Variables {
    const { Variables: variables = {} } = (properties.Environment ?? {}) as { Variables?: Variables };
    const wired = Object.entries(variables).map(([key, value]) => [
      key,
      value.startsWith('queue:') ? queueUrl(value.slice('queue:'.length)) : value,
    ]);
    return {
      ...shared,
      AWS_LAMBDA_FUNCTION_NAME: name,
      ...Object.fromEntries(wired),
      POINTER_MAX_AGE_MS: String(pointerMaxAgeMs),
    };
  }

  function load(name: string, variables: Variables): Promise<Handler> {
    let handler = handlers.get(name);
    if (handler === undefined) {
      // `<prefix>-<folder>`: the same bundle that CDK takes as the function's asset.
      const file = join(DIST, name.slice(name.indexOf('-') + 1), 'index.mjs');
      const url = `${pathToFileURL(file).href}?generation=${generation}`;
      handler = scope.run(variables, async () => ((await import(url)) as { handler: Handler }).handler);
      handlers.set(name, handler);
    }
    return handler;
  }

  async function invoke(name: string, event: unknown): Promise<unknown> {
    const properties = functions.get(name);
    if (properties === undefined) throw new Error(`the stacks have no function ${name}`);
    const variables = environmentOf(name, properties);
    const timeoutMs = Number(properties.Timeout ?? 3) * 1000;
    const context = { functionName: name, awsRequestId: randomUUID(), getRemainingTimeInMillis: () => timeoutMs };
    active.set(name, (active.get(name) ?? 0) + 1);
    const started = performance.now();
    try {
      const handler = await load(name, variables);
      return await inTime(
        name,
        timeoutMs,
        scope.run(variables, () => handler(event, context)),
      );
    } catch (error) {
      if (error instanceof FunctionError) throw error;
      throw new FunctionError(
        error instanceof Error ? error.name : 'Error',
        error instanceof Error ? error.message : String(error),
      );
    } finally {
      const count = counts.get(name) ?? { invocations: 0, ms: 0 };
      counts.set(name, { invocations: count.invocations + 1, ms: count.ms + performance.now() - started });
      active.set(name, (active.get(name) ?? 1) - 1);
      onDone();
    }
  }

  return {
    invoke,
    /** `arn:…:function:<name>` or a name. */
    invokeArn: (arn: string, event: unknown) => invoke(arn.split(':').at(-1) ?? arn, event),
    active: () => [...active].filter(([, count]) => count > 0).map(([name]) => name),
    counts: () => Object.fromEntries(counts),
    resetCounts: () => counts.clear(),
    /** New instances: nothing that the old ones kept in memory is left. */
    reset(): void {
      generation += 1;
      handlers = new Map();
      counts.clear();
    },
  };
}

/** A function that takes longer than its timeout has failed, though its promise may still end. */
async function inTime<Value>(name: string, ms: number, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new FunctionError('Sandbox.Timedout', `${name} timed out after ${ms / 1000} seconds`)),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
