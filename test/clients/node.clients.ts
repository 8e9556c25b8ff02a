import { setTimeout as wait } from 'node:timers/promises';
import { Analytics } from '@segment/analytics-node';
import OldAnalytics from 'analytics-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Call, expectNoneLost, PAUSE_MS, type Story, story, type Told } from './calls.ts';
import { everyFault, FAULTS } from './faults.ts';
import { Server } from './server.ts';

let server: Server;
beforeEach(async () => {
  server = await Server.start();
});
afterEach(() => server.stop());

type Send = (story: Story, pauseMs?: number) => Promise<Told>;
type Done = (error: unknown) => void;

/** Makes the calls of the story, round by round; `done` gets the result of each. */
async function send(
  { rounds, calls }: Story,
  pauseMs: number,
  call: (type: Call['type'], message: object, done: Done) => void,
): Promise<Told> {
  const told: Told = { delivered: calls.map(() => false), errors: [] };
  let index = 0;
  for (const round of rounds) {
    for (const { type, n: _, ...message } of round) {
      const at = index++;
      call(type, message, (error) => {
        if (error === undefined || error === null) told.delivered[at] = true;
        else told.errors.push(String(error));
      });
    }
    await wait(pauseMs);
  }
  return told;
}

/** `@segment/analytics-node`, by its defaults but for `host`. */
const node: Send = async (story, pauseMs = PAUSE_MS) => {
  const analytics = new Analytics({ writeKey: 'dev', host: server.proxy.url });
  // It throws if there is no listener.
  analytics.on('error', () => undefined);
  const told = await send(story, pauseMs, (type, message, done) => {
    // The shapes of its six calls are those of ours.
    (analytics[type] as (message: object, callback: Done) => void)(message, done);
  });
  await analytics.closeAndFlush();
  return told;
};

/** `analytics-node`, likewise. */
const node6 = (retryCount?: number): Send => {
  return async (story, pauseMs = PAUSE_MS) => {
    const analytics = new OldAnalytics('dev', { host: server.proxy.url, retryCount, errorHandler: () => undefined });
    let open = story.calls.length;
    const told = await send(story, pauseMs, (type, message, done) => {
      analytics[type](message, (error) => {
        open -= 1;
        done(error);
      });
    });
    while (open > 0) {
      await analytics.flush();
      await wait(50);
    }
    return told;
  };
};

const allDelivered = ({ calls }: Story): Told => ({ delivered: calls.map(() => true), errors: [] });

describe.each([
  ['analytics-node 3', node, node],
  ['analytics-node 6', node6(), node6(20)],
])('%s', (name, send, patient) => {
  const id = name.replace(' ', '-');

  it('sends everything it can, in bursts of many and of one', async () => {
    const told = story(`${id}-all`, { customers: 30, renamed: 5, busy: 300 });
    expect(await send(told)).toEqual(allDelivered(told));
    await server.expectRead(told);
  });

  it('repeats what is refused, reset or not answered, and nothing counts twice', async () => {
    server.proxy.plan = everyFault;
    const told = story(`${id}-faults`, { customers: 20, renamed: 3, busy: 150 });
    expect(await send(told)).toEqual(allDelivered(told));
    expect(FAULTS.filter((fault) => !server.proxy.seen.includes(fault))).toEqual([]);
    await server.expectRead(told);
  });

  it('is refused whole beyond the burst of one customer, and comes again', async () => {
    const told = story(`${id}-burst`, { customers: 0, renamed: 0, busy: 100 });
    const left = await server.useUpBurst(told);
    expect(await patient(left)).toEqual(allDelivered(left));
    expect(server.proxy.seen).toContain('429');
    await server.expectRead(told);
  });
});

describe.each(['SIGTERM', 'SIGKILL'] as const)('a restart by %s', (signal) => {
  async function sendOver(send: Send): Promise<{ told: Story; result: Told }> {
    const told = story(signal, { customers: 30, renamed: 3, busy: 100 });
    const sending = send(told, 10);
    await server.restartAfter(3, signal);
    const result = await sending;
    expect(result).toEqual(allDelivered(told));
    await server.rest();
    return { told, result };
  }

  it('analytics-node 3 loses nothing over it, and keeps the order', async () => {
    const { told } = await sendOver(node);
    await server.expectRead(told);
  });

  // A request that is repeated after seconds still has the `sentAt` of its first try, as if the client's clock were slow.
  it('analytics-node 6 loses nothing over it, where it may try often enough', async () => {
    const { told, result } = await sendOver(node6(20));
    await expectNoneLost(server.cairn, told, result);
  });
});

it('analytics-node 6 tells what it gave up after its three tries', async () => {
  server.proxy.plan = (index) => (index % 2 === 0 ? ['unavailable', 'reset', 'unavailable', 'reset'] : []);
  const told = story('given-up', { customers: 20, renamed: 0, busy: 0 });
  const result = await node6()(told);
  expect(new Set(result.delivered)).toEqual(new Set([true, false]));
  await expectNoneLost(server.cairn, told, result);
});
