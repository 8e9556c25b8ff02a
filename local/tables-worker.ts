import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ClassicLevel } from 'classic-level';
import { isOwnCall, UNKNOWN_CALLER } from './callers.ts';
import { countCatalogChanges } from './catalog-changes.ts';
import { serve as serveDirectly } from './direct/calls.ts';
import { directTables } from './direct/tables.ts';
import { type DueItem, followDueItems } from './due-items.ts';
import { answer } from './http.ts';
import { COLLECT_GARBAGE, collectGarbage } from './idle-gc.ts';
import { closeIterators, patchDynalite } from './patch-dynalite.ts';
import { speedUpStore } from './quick-store.ts';
import { speedUpValidations } from './quick-validations.ts';

/** The DynamoDB emulator in a thread of its own: reports its port once it listens, and then executes orders. */
export interface TablesWorkerData {
  path: string | undefined;
  /** Access key that requests must have. */
  accessKeyId: string;
  /** Counts what is written to the rules' pointer and to write keys. */
  catalogChanges: SharedArrayBuffer;
}
export type TablesOrder = typeof COLLECT_GARBAGE | { add: DueItem[] } | { nextDue: number } | { connect: MessagePort };
/** Answer to the order with this number. */
export type TablesAnswer = { nextDue: number; at: number | undefined };
type Handle = (request: IncomingMessage, response: ServerResponse) => void;
interface Dynalite {
  keepAliveTimeout: number;
  listen(port: number, host: string, done: () => void): void;
  listeners(event: 'request'): Handle[];
  removeAllListeners(event: 'request'): void;
  on(event: 'request', handle: Handle): void;
  address(): AddressInfo;
}
const require = createRequire(import.meta.url);
const dynalite = require('dynalite') as (options: object) => Dynalite; // it ships no types
patchDynalite(require);
speedUpStore(require);
speedUpValidations(require);
closeIterators(require);
const dueItems = followDueItems(require);

const { path, accessKeyId, catalogChanges } = workerData as TablesWorkerData;
countCatalogChanges(require, catalogChanges);
const direct = directTables(require);
if (path !== undefined) await tryOpening(path);
const server = dynalite({ path, createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
// Node's default of five seconds would cut connections that a busy machine is about to reuse.
server.keepAliveTimeout = 60_000;
const [serve] = server.listeners('request');
server.removeAllListeners('request');
server.on('request', (request, response) => {
  if (isOwnCall(request.headers, accessKeyId, server.address().port)) serve?.(request, response);
  else answer(response, 403, UNKNOWN_CALLER);
});
parentPort?.on('message', (order: TablesOrder) => {
  if (order === COLLECT_GARBAGE) collectGarbage();
  else if ('add' in order) dueItems.add(order.add);
  else if ('connect' in order) serveDirectly(order.connect, direct);
  else parentPort?.postMessage({ nextDue: order.nextDue, at: dueItems.next() } satisfies TablesAnswer);
});
server.listen(0, '127.0.0.1', () => parentPort?.postMessage({ port: server.address().port }));

/** Dynalite opens its store at the first request, and would fail every one. @throws Error if another process uses the folder, or it is broken */
async function tryOpening(folder: string): Promise<void> {
  const store = new ClassicLevel(folder);
  await store.open().catch((error: Error) => {
    throw error.cause instanceof Error ? error.cause : error;
  });
  await store.close();
}
