import type { MessagePort } from 'node:worker_threads';
import type { Json } from '../template.ts';
import type { Ask } from './calls.ts';
import { keepHandlers } from './handlers.ts';
import { textOf } from './input-text.ts';
import type { Config, Middleware, Stack } from './middleware.ts';
import { outputOf } from './outputs.ts';
import { quickenRetries } from './retries.ts';

/** `others`: those of the process itself, which are asked by a request's path or target. */
export type DirectService = 'dynamodb' | 'sqs' | 'others';
/** The port by which a thread asks each service. */
export type DirectPorts = Partial<Record<DirectService, MessagePort>>;

/** @throws Error where the caller may not make that call. `operation` and `input`: as `Call` has them. */
export type Guard = (service: DirectService, operation: string, input: Json | string) => void;

interface Options {
  /** Asks each service; calls of an absent one go by HTTP. */
  asks: Partial<Record<DirectService, Ask>>;
  guard?: Guard;
}
/** A client of the SDK's. */
interface Client {
  config: { serviceId: string };
  middlewareStack: object;
}

const SERVICES: Record<string, DirectService> = {
  DynamoDB: 'dynamodb',
  SQS: 'sqs',
  SFN: 'others',
  SESv2: 'others',
  Pinpoint: 'others',
  'Pinpoint SMS Voice V2': 'others',
};

/** Middleware that builds and signs an HTTP request. Middleware that marshals, checks digests, retries and reads the answer stays. */
const OF_REQUESTS = [
  'loggerMiddleware',
  'httpAuthSchemeMiddleware',
  'queueUrlMiddleware',
  'contentLengthMiddleware',
  'getUserAgentMiddleware',
  'hostHeaderMiddleware',
  'recursionDetectionMiddleware',
  'httpSigningMiddleware',
];

/** Has an SDK client ask stand-ins in other threads of this process in the place of HTTP: by its middleware stack, whose lower end is replaced. */
export function directClients({ asks, guard }: Options) {
  return (client: Client, timeoutMs: number): void => {
    const service = SERVICES[client.config.serviceId];
    const ask = service && asks[service];
    if (service === undefined || ask === undefined) return;
    // Its middleware is typed for the client's own commands; ours takes any.
    const stack = client.middlewareStack as unknown as Stack;
    const config = client.config as unknown as Config;
    for (const name of OF_REQUESTS) stack.remove(name);
    // Others are placed before it by its name.
    const writing = service === 'others' ? writingRequests(config) : untouched;
    stack.add(writing, { name: 'serializerMiddleware', step: 'serialize', override: true });
    const asking = service === 'others' ? askingByRequest({ ask, guard, timeoutMs }) : undefined;
    stack.add(asking ?? askingByInput(service, { ask, guard, timeoutMs }), {
      name: 'direct',
      step: 'deserialize',
      priority: 'low',
    });
    // The SDK's copies the whole configuration at each answer.
    stack.add(reading(config), { name: 'deserializerMiddleware', step: 'deserialize', override: true });
    if (service !== 'others') quickenRetries(stack, config);
    keepHandlers(stack);
  };
}

interface Asking {
  ask: Ask;
  guard: Guard | undefined;
  timeoutMs: number;
}

const untouched: Middleware = (next) => (args) => next(args);

/** Sends a command's input, which is what the body of its request would be. */
const askingByInput =
  (service: DirectService, { ask, guard, timeoutMs }: Asking): Middleware =>
  (_next, { commandName }) => {
    const operation = commandName.replace(/Command$/, '');
    return async ({ input }) => {
      guard?.(service, operation, input);
      const trace = service === 'sqs' ? process.env._X_AMZN_TRACE_ID : undefined;
      const { status, headers, body } = await ask({ operation, input: textOf(input), trace }, timeoutMs);
      const output = status === 200 ? outputOf(operation, body) : undefined;
      return { response: { statusCode: status, headers, body: output ? NO_BYTES : utf8.encode(body) }, output };
    };
  };

/** Sends a request's body, and what names its operation. */
const askingByRequest =
  ({ ask, guard, timeoutMs }: Asking): Middleware =>
  () =>
  async ({ request }) => {
    const { path, headers: { 'x-amz-target': target } = {}, body: content = '' } = request ?? { path: '' };
    const operation = target ?? path;
    const input = typeof content === 'string' ? content : text.decode(content);
    guard?.('others', operation, input);
    const { status, headers, body } = await ask({ operation, input }, timeoutMs);
    return { response: { statusCode: status, headers, body: utf8.encode(body) } };
  };

/** Writes requests as the SDK does, to no endpoint. */
const writingRequests =
  ({ protocol, ...config }: Config): Middleware =>
  (next, context) => {
    const operation = operationOf(context);
    const settings = { ...config, protocol, ...context, endpoint: async () => NOWHERE };
    return async (args) => next({ ...args, request: await protocol.serializeRequest(operation, args.input, settings) });
  };
const NOWHERE = { protocol: 'http:', hostname: 'localhost', path: '/' };

const utf8 = new TextEncoder();
const text = new TextDecoder();

const NO_BYTES = new Uint8Array();

/** Reads what was not read already as the SDK does: the answers to other operations, and errors. */
const reading =
  ({ protocol, ...config }: Config): Middleware =>
  (next, context) => {
    const operation = operationOf(context);
    const settings = { ...config, protocol, ...context };
    return async (args) => {
      const { response, output } = await next(args);
      if (output !== undefined) return { response, output };
      try {
        return { response, output: await protocol.deserializeResponse(operation, settings, response) };
      } catch (error) {
        throw Object.assign(error as Error, {
          $metadata: { httpStatusCode: response.statusCode, ...metadataOf(error) },
        });
      }
    };
  };

const metadataOf = (error: unknown): object => (error as { $metadata?: object }).$metadata ?? {};

/** As the SDK hands it to its protocols. */
function operationOf(context: object): object {
  const { operationSchema } = (context as Record<string, { operationSchema?: unknown[] }>).__smithy_context ?? {};
  const [, namespace, name, traits, input, output] = operationSchema ?? [];
  return { namespace, name, traits, input, output };
}
