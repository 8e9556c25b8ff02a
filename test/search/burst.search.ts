import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAssembly } from '../../local/assembly.ts';
import { exampleJourneys, publishExamples, Receiver } from '../burst/cloud.ts';
import { HISTORIES } from '../burst/customers.ts';
import { findingsOf, missingEvents } from '../burst/findings.ts';
import { burst, callsOf, customersOf, type Phase, type Way } from '../burst/post.ts';
import { Cairn, later } from '../scenarios/cairn.ts';

/** Customers of each history. */
const EACH = Number(process.env.EACH ?? 3);
const AT = '2026-11-02T01:00:00.000Z';
const KILLS_AFTER_MS = [1_500, 3_000];
/** A sender's queue has six concurrent batches of ten. */
const IN_HAND = 60;

interface Options {
  way: Way;
  clock?: 'virtual' | 'real';
  /** Each call is repeated, concurrently with the first. */
  isRepeated?: true;
  fails?: 'error' | 'throttle';
  isKilled?: true;
}

const receiver = new Receiver();
let host: string;
beforeAll(async () => {
  await buildAssembly();
  host = await receiver.start();
}, 600_000);
afterAll(() => receiver.stop());

/** Every example, posted to without a pause: at once, after an hour and after four days; then time passes until nothing happens any more. */
async function lived(options: Options) {
  receiver.calls.length = 0;
  const folder = await mkdtemp(join(tmpdir(), 'cairn-burst-'));
  const start = (clock: 'virtual' | 'real', at?: string, port = '0') =>
    Cairn.start(clock === 'virtual' ? at : undefined, [
      ...['--data', folder, '--clock', clock, '--webhook-hosts', host, '--port', port],
    ]);
  let cairn = await start(options.clock ?? 'virtual', AT);
  try {
    const customers = customersOf(HISTORIES, EACH);
    const examples = await exampleJourneys();
    await publishExamples(cairn, examples, host, 3 * customers.length);
    const began = Date.parse(await cairn.now());
    const phase = async (name: Phase) => {
      const now = Date.parse(await cairn.now());
      const calls = customers.map((customer) => callsOf(customer, name, now, began));
      if (options.fails !== undefined) await fail(cairn, options.fails);
      const posts = [burst(() => cairn, calls, options.way)];
      if (options.isRepeated) posts.push(burst(() => cairn, calls, options.way));
      if (options.isKilled && name === 'calls')
        for (const ms of KILLS_AFTER_MS) {
          await wait(ms);
          await cairn.stop('SIGKILL');
          cairn = await start('virtual');
        }
      await Promise.all(posts);
      await cairn.local('POST', 'settle');
    };
    await phase('calls');
    if (options.clock === 'real') {
      await cairn.stop();
      cairn = await start('virtual');
    }
    // Messages that the queues have delayed arrive too.
    await cairn.advance('1h');
    expect(await missingEvents(cairn, customers)).toEqual([]);
    await phase('hour');
    // Windows open meanwhile.
    const to = later(await cairn.now(), '95h');
    if (options.fails !== undefined) await fail(cairn, options.fails, EACH);
    if (options.isKilled)
      for (const ms of KILLS_AFTER_MS) {
        const opening = cairn.advanceTo(to).catch(() => undefined);
        await wait(ms);
        await cairn.stop('SIGKILL');
        await opening;
        cairn = await start('virtual');
      }
    await cairn.advanceTo(to);
    await phase('days');
    await cairn.advance('130d');
    return await findingsOf(cairn, examples, customers, receiver, { isKilled: options.isKilled === true });
  } finally {
    await cairn.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fail(cairn: Cairn, mode: string, times = 5 * EACH): Promise<void> {
  for (const provider of ['push', 'sms', 'email']) await cairn.local('POST', 'faults', { provider, mode, times });
}

const EXACT = { customers: [], faults: [], unknown: 0 };

describe('every example, under what clients post without a pause', { timeout: 1_200_000 }, () => {
  it('does for each customer what its words say', async () => {
    expect(await lived({ way: 'ordered' })).toEqual(EXACT);
  });
  it('takes nothing twice that comes twice', async () => {
    expect(await lived({ way: 'ordered', isRepeated: true })).toEqual(EXACT);
  });
  it('sends each message once while providers fail', async () => {
    expect(await lived({ way: 'batch', fails: 'error' })).toEqual(EXACT);
  });
  it('sends each message once while providers throttle', async () => {
    expect(await lived({ way: 'side by side', fails: 'throttle' })).toEqual(EXACT);
  });
  it('does the same on a real clock', async () => {
    expect(await lived({ way: 'batch', clock: 'real' })).toEqual(EXACT);
  });
  it('loses nothing over kills but sight of what was in hand', async () => {
    const { customers, faults, unknown } = await lived({ way: 'ordered', isKilled: true });
    expect(unknown).toBeLessThanOrEqual(2 * KILLS_AFTER_MS.length * IN_HAND);
    expect(faults).toEqual([]);
    expect(customers.filter((line) => !/ unknown/.test(line))).toEqual([]);
  });
});
