import { describe, expect, it } from 'vitest';
import type { SendRequest } from '../../../core/messages/send-request.ts';
import type { SenderDeps } from '../../../engine/messages/deps.ts';
import { withinRate } from '../../../engine/messages/within-rate.ts';
import type { Outgoing } from '../../../engine/ports.ts';

const NOW = 1_000_000_000;

/** Delivers a request where there are so many tokens, and the line ends in a minute. */
async function delivered(more: Partial<SendRequest>, tokens = 0) {
  const queued: Outgoing[] = [];
  const worked: SendRequest[] = [];
  let left = tokens;
  const deps = {
    provider: { name: 'p', channel: 'sms' },
    catalog: { snapshot: async () => ({ snapshot: { settings: { rates: { sms: 10 } } } }) },
    rates: {
      take: async () => {
        left -= 1;
        return left >= 0;
      },
      lineUp: async () => NOW + 60_000,
      returnToken: () => {
        left += 1;
      },
    },
    senders: { sms: { send: async (all: Outgoing[]) => void queued.push(...all) } },
    clock: () => NOW,
  } as unknown as SenderDeps;
  await withinRate(deps, { message: 'm', ...more } as SendRequest, async (_deps, request) => void worked.push(request));
  return { queued, worked, left };
}

describe('a message without a token', () => {
  it('waits until its place in the line has come', async () => {
    const { queued, worked } = await delivered({});
    expect(worked).toEqual([]);
    expect(queued).toEqual([{ body: { message: 'm', inLine: { at: NOW + 60_000, times: 0 } }, delaySeconds: 60 }]);
  });

  it('comes when it has expired, if that is sooner', async () => {
    expect((await delivered({ validUntil: NOW + 3_000 })).queued).toMatchObject([{ delaySeconds: 4 }]);
    expect((await delivered({ validUntil: NOW })).queued).toMatchObject([{ delaySeconds: 1 }]);
  });

  it('goes to the gate, which says so, once it has expired', async () => {
    expect(await delivered({ validUntil: NOW - 1 })).toMatchObject({ queued: [], worked: [{ message: 'm' }] });
  });
});

describe('a message whose place in the line', () => {
  it('comes within a second takes a token', async () => {
    expect(await delivered({ inLine: { at: NOW + 1_000, times: 0 } }, 1)).toMatchObject({
      queued: [],
      worked: [{ message: 'm' }],
      // It was not handed over.
      left: 1,
    });
  });

  it('comes later waits on, and asks for none', async () => {
    const { queued, left } = await delivered({ inLine: { at: NOW + 1_001, times: 3 } }, 1);
    expect([queued, left]).toMatchObject([[{ body: { inLine: { at: NOW + 1_001, times: 0 } }, delaySeconds: 2 }], 1]);
  });
});
