import { setTimeout as wait } from 'node:timers/promises';
import { Analytics } from '@segment/analytics-node';
import OldAnalytics from 'analytics-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Call, type Delivery, expectNoneLost, PAUSE_MS, type Workload, workloadFor } from './calls.ts';
import { everyFault, FAULTS } from './faults.ts';
import { Server } from './server.ts';

let server: Server;
beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.stop());

type Send = (workload: Workload, pauseMs?: number) => Promise<Delivery>;
type Done = (error: unknown) => void;

/** Makes the calls of the workload, round by round; `done` gets the result of each. */
async function send(
  { rounds, calls }: Workload,
  pauseMs: number,
  call: (type: Call['type'], message: object, done: Done) => void,
): Promise<Delivery> {
  const delivery: Delivery = { delivered: calls.map(() => false), errors: [] };
  let index = 0;
  for (const round of rounds) {
    for (const { type, n: _, ...message } of round) {
      const at = index++;
      call(type, message, (error) => {
        if (error === undefined || error === null) delivery.delivered[at] = true;
        else delivery.errors.push(String(error));
      });
    }
    await wait(pauseMs);
  }
  return delivery;
}

/** `@segment/analytics-node`, by its defaults but for `host`. */
const node: Send = async (workload, pauseMs = PAUSE_MS) => {
  const analytics = new Analytics({ writeKey: 'dev', host: server.proxy.url });
  // It throws if there is no listener.
  analytics.on('error', () => undefined);
  const delivery = await send(workload, pauseMs, (type, message, done) => {
    // The shapes of its six calls are those of ours.
    (analytics[type] as (message: object, callback: Done) => void)(message, done);
  });
  await analytics.closeAndFlush();
  return delivery;
};

/** `analytics-node`, likewise. */
const node6 = (retryCount?: number): Send => {
  return async (workload, pauseMs = PAUSE_MS) => {
    const analytics = new OldAnalytics('dev', { host: server.proxy.url, retryCount, errorHandler: () => undefined });
    let open = workload.calls.length;
    const delivery = await send(workload, pauseMs, (type, message, done) => {
      analytics[type](message, (error) => {
        open -= 1;
        done(error);
      });
    });
    while (open > 0) {
      await analytics.flush();
      await wait(50);
    }
    return delivery;
  };
};

const allDelivered = ({ calls }: Workload): Delivery => ({ delivered: calls.map(() => true), errors: [] });

describe.each([
  ['analytics-node 3', node, node],
  ['analytics-node 6', node6(), node6(20)],
])('%s', (name, send, patient) => {
  const id = name.replace(' ', '-');

  it('sends everything it can, in bursts of many and of one', async () => {
    const workload = workloadFor(`${id}-all`, { customers: 30, renamed: 5, busy: 300 });
    expect(await send(workload)).toEqual(allDelivered(workload));
    await server.expectRead(workload);
  });

  it('repeats what is refused, reset or not answered, and nothing counts twice', async () => {
    server.proxy.plan = everyFault;
    const workload = workloadFor(`${id}-faults`, { customers: 20, renamed: 3, busy: 150 });
    expect(await send(workload)).toEqual(allDelivered(workload));
    expect(FAULTS.filter((fault) => !server.proxy.seen.includes(fault))).toEqual([]);
    await server.expectRead(workload);
  });

  it('is refused whole beyond the burst of one customer, and comes again', async () => {
    const workload = workloadFor(`${id}-burst`, { customers: 0, renamed: 0, busy: 100 });
    const left = await server.useUpBurst(workload);
    expect(await patient(left)).toEqual(allDelivered(left));
    expect(server.proxy.seen).toContain('429');
    await server.expectRead(workload);
  });
});

describe.each(['SIGTERM', 'SIGKILL'] as const)('a restart by %s', (signal) => {
  async function sendOver(send: Send): Promise<{ workload: Workload; result: Delivery }> {
    const workload = workloadFor(signal, { customers: 30, renamed: 3, busy: 100 });
    const sending = send(workload, 10);
    await server.restartAfter(3, signal);
    const result = await sending;
    expect(result).toEqual(allDelivered(workload));
    await server.rest();
    return { workload, result };
  }

  it('analytics-node 3 loses nothing over it, and keeps the order', async () => {
    const { workload } = await sendOver(node);
    await server.expectRead(workload);
  });

  // A request that is repeated after seconds still has the `sentAt` of its first try, as if the client's clock were slow.
  it('analytics-node 6 loses nothing over it, where it may try often enough', async () => {
    const { workload, result } = await sendOver(node6(20));
    await expectNoneLost(server.cairn, workload, result);
  });
});

it('analytics-node 6 reports what it gave up after its three tries', async () => {
  server.proxy.plan = (index) => (index % 2 === 0 ? ['unavailable', 'reset', 'unavailable', 'reset'] : []);
  const workload = workloadFor('given-up', { customers: 20, renamed: 0, busy: 0 });
  const result = await node6()(workload);
  expect(new Set(result.delivered)).toEqual(new Set([true, false]));
  await expectNoneLost(server.cairn, workload, result);
});
