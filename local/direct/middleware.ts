import type { Json } from '../template.ts';

/** The part of a client's middleware stack that is used here; middleware is typed by the client's own inputs and outputs. */
export interface Stack {
  remove(name: string): boolean;
  add(middleware: Middleware, options: { name: string; step: string; priority?: string; override?: boolean }): void;
  concat(other: Stack): Stack;
  /** Adds its own middleware to another. */
  applyToStack(other: Pick<Stack, 'add' | 'addRelativeTo' | 'identifyOnResolve'>): void;
  addRelativeTo(middleware: Middleware, options: object): void;
  identifyOnResolve(): boolean;
  /** `handler`: the lower end, which ours never reaches. */
  resolve(handler: unknown, context: Context): Handler;
}
type Context = { commandName: string };
export type Handler = (args: Arguments) => Promise<unknown>;
export type Next = (args: Arguments) => Promise<Answered>;
/** `request`: of a service that is asked by requests. */
type Arguments = { input: Json; request?: Request };
interface Request {
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
}
export type Middleware = (next: Next, context: Context) => Next;
/** `output`: what a successful answer says, where it was read already. */
export interface Answered {
  response: { statusCode: number; headers: Record<string, string>; body: Uint8Array };
  output?: Json;
}
/** The part of a client's configuration by which it writes requests and reads answers, errors among them. */
export interface Config {
  retryMode(): Promise<string>;
  retryStrategy(): Promise<{
    acquireInitialRetryToken(scope: string): Promise<object>;
    recordSuccess(token: object): void;
  }>;
  protocol: {
    serializeRequest(operation: object, input: Json, context: object): Promise<Request>;
    deserializeResponse(operation: object, context: object, response: Answered['response']): Promise<Json>;
  };
}
