import { couponStore } from '../adapters/dynamo/coupons.ts';
import { isPermanentError } from '../adapters/dynamo/permanent-errors.ts';
import { profileStore } from '../adapters/dynamo/profiles.ts';
import { runStore } from '../adapters/dynamo/runs.ts';
import type { Snapshot } from '../core/catalog/snapshot.ts';
import type { ProcessEventsDeps } from '../engine/profiles/deps.ts';
import { buildAssembly } from '../local/assembly.ts';
import { newCredentials } from '../local/callers.ts';
import { startTables, type Tables } from '../local/tables.ts';
import { startDynoxide, startMeter } from './meter.ts';

const nowhere = { send: async () => {} };
const silent = () => undefined;

/** Cairn's tables on the emulator that reports capacity, behind a meter. */
export async function meteredTables() {
  const meter = startMeter();
  const dynamo = await startDynoxide();
  const tables = await startTables(await buildAssembly(), {
    credentials: newCredentials(),
    given: await meter.observe('dynamodb', dynamo.url),
    onBroken: (error) => console.error(error),
  });
  return {
    meter,
    tables,
    stop() {
      dynamo.stop();
      meter.stop();
    },
  };
}

/** Dependencies that process a profile's events under these rules, over real tables. Messages that they queue are dropped. */
export function profileDeps(tables: Tables, snapshot: Snapshot, clock: () => number): ProcessEventsDeps {
  return {
    profiles: profileStore(tables.client, tables.named('profiles')),
    runs: runStore(tables.client, tables.named('runs')),
    coupons: couponStore(tables.client, tables.named('catalog')),
    catalog: {
      snapshot: async () => ({ snapshot, pointer: { version: snapshot.version, channels: {}, journeys: {} } }),
      version: async () => undefined,
    },
    executions: { resolve: async () => {} },
    events: nowhere,
    due: nowhere,
    enrolments: nowhere,
    stopExecutions: nowhere,
    metricEvents: { publish: async () => {} },
    isPermanentError,
    feedback: async (event) => event,
    clock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  };
}
