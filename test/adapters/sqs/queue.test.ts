import {
  type BatchResultErrorEntry,
  RequestThrottled,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { queue } from '../../../adapters/sqs/queue.ts';
import type { Outgoing } from '../../../engine/ports.ts';

const QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/000000000000/events.fifo';
/** Most bytes of all bodies in one call that every queue takes, even one that was created before SQS allowed 1 MiB. */
const MAX_BYTES = 262_144;

const client = new SQSClient({ region: 'us-east-1' });
const sqs = mockClient(client);

/** Faults of SQS: a code for each refused body, or an error for the whole call. */
let failing: (body: unknown, call: number) => string | Error | undefined;
beforeEach(() => {
  failing = () => undefined;
  sqs.reset();
  sqs.on(SendMessageBatchCommand).callsFake(({ Entries = [] }: SendMessageBatchCommandInput) => {
    const call = calls().length;
    const Failed: BatchResultErrorEntry[] = [];
    for (const { Id, MessageBody = '' } of Entries) {
      const code = failing(JSON.parse(MessageBody), call);
      if (code instanceof Error) throw code;
      if (code !== undefined) Failed.push({ Id, Code: code, SenderFault: false });
    }
    // SQS leaves the field out where nothing failed.
    return Failed.length > 0 ? { Failed } : {};
  });
});

const inputs = () => sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input);
const calls = () => inputs().map(({ Entries = [] }) => Entries);
const bodies = () => calls().map((entries) => entries.map((entry): unknown => JSON.parse(entry.MessageBody ?? '')));
const numbered = (count: number, more: Omit<Outgoing, 'body'> = {}): Outgoing[] =>
  Array.from({ length: count }, (_, index) => ({ body: index, ...more }));

describe('a message on a queue', () => {
  it('of FIFO is sent with its group and deduplication id', async () => {
    await queue(client, QUEUE_URL).send([{ body: { name: '下单' }, group: 'profile-1', dedup: 'event-1' }]);
    expect(inputs()).toEqual([
      {
        QueueUrl: QUEUE_URL,
        Entries: [
          {
            Id: expect.stringMatching(/^[\w-]{1,80}$/),
            MessageBody: '{"name":"下单"}',
            MessageGroupId: 'profile-1',
            MessageDeduplicationId: 'event-1',
          },
        ],
      },
    ]);
  });

  it('of a standard queue leaves with its delay', async () => {
    await queue(client, QUEUE_URL).send([{ body: 1, delaySeconds: 900 }, { body: 2, delaySeconds: 0 }, { body: 3 }]);
    expect(calls()[0]?.map(({ DelaySeconds }) => DelaySeconds)).toEqual([900, 0, undefined]);
    expect(calls()[0]?.map(({ MessageGroupId }) => MessageGroupId)).toEqual([undefined, undefined, undefined]);
  });

  it('has only characters that SQS takes, and is read again as it was', async () => {
    const anything = fc.string({
      unit: fc.constantFrom('\uFFFE', '\uFFFF', '\uD800', '\u0000', '\\', '"', '新', '😀'),
    });
    await fc.assert(
      fc.asyncProperty(anything, async (text) => {
        sqs.resetHistory();
        await queue(client, QUEUE_URL).send([{ body: { text } }]);
        const sent = calls()[0]?.[0]?.MessageBody ?? '';
        expect(sent).toMatch(/^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]*$/u);
        expect(JSON.parse(sent)).toEqual({ text });
      }),
      { numRuns: 50 },
    );
  });

  it('is no call where there is none', async () => {
    await queue(client, QUEUE_URL).send([]);
    expect(calls()).toEqual([]);
  });
});

describe('messages share calls', () => {
  it('of ten at most, whose ids differ', async () => {
    await queue(client, QUEUE_URL).send(numbered(25));
    expect(calls().map((entries) => entries.length)).toEqual([10, 10, 5]);
    for (const entries of calls()) expect(new Set(entries.map(({ Id }) => Id)).size).toBe(entries.length);
    expect(bodies().flat()).toEqual(numbered(25).map(({ body }) => body));
  });

  it.each([
    ['Latin', 'x'.repeat(100_000)],
    ['Chinese, three bytes each', '新'.repeat(33_000)],
    ['emoji, four', '😀'.repeat(25_000)],
  ])('as far as the bytes of a call go, in %s', async (_what, text) => {
    await queue(client, QUEUE_URL).send(numbered(7).map(({ body }) => ({ body: [body, text] })));
    for (const entries of calls()) {
      const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.MessageBody ?? ''), 0);
      expect(bytes).toBeLessThanOrEqual(MAX_BYTES);
    }
    expect(calls()).toHaveLength(4);
    expect(
      new Set(
        bodies()
          .flat()
          .map((body) => (body as [number])[0]),
      ).size,
    ).toBe(7);
  });

  it('unless one needs a call of its own', async () => {
    await queue(client, QUEUE_URL).send([{ body: 'small' }, { body: 'x'.repeat(MAX_BYTES - 2) }, { body: 'also' }]);
    expect(bodies().map((call) => call.length)).toEqual([2, 1]);
  });

  it('with what others send in the same turn', async () => {
    const { send } = queue(client, QUEUE_URL);
    await Promise.all([send([{ body: 'a' }]), send([{ body: 'b' }, { body: 'c' }])]);
    expect(bodies()).toEqual([['a', 'b', 'c']]);
  });

  it('later, where they come while a call is under way', async () => {
    const { send } = queue(client, QUEUE_URL);
    let late: Promise<void> | undefined;
    failing = () => {
      late ??= send([{ body: 'late' }]);
      return undefined;
    };
    await send([{ body: 'early' }]);
    await late;
    expect(bodies()).toEqual([['early'], ['late']]);
  });
});

describe('messages of one group', () => {
  it('stay in order, and never share a call', async () => {
    const of = (group: string, n: number): Outgoing => ({ body: `${group}${n}`, group, dedup: `${group}${n}` });
    await queue(client, QUEUE_URL).send([of('a', 1), of('a', 2), of('b', 1), of('a', 3), of('b', 2), of('c', 1)]);
    expect(bodies()).toEqual([['a1', 'b1', 'c1'], ['a2', 'b2'], ['a3']]);
  });

  it('are not overtaken by a smaller one where the first found no room', async () => {
    const big = 'x'.repeat(MAX_BYTES - 1_000);
    await queue(client, QUEUE_URL).send([
      { body: big, group: 'a' },
      { body: `first ${big.slice(100)}`, group: 'b' },
      { body: 'second', group: 'b' },
    ]);
    const ofB = calls()
      .flat()
      .filter(({ MessageGroupId }) => MessageGroupId === 'b');
    expect(ofB.map(({ MessageBody }) => MessageBody?.slice(1, 7))).toEqual(['first ', 'second']);
  });

  it('are not overtaken by the next one where the first had to be tried again', async () => {
    failing = (body, call) => (body === 'a1' && call <= 2 ? 'InternalError' : undefined);
    await queue(client, QUEUE_URL).send([
      { body: 'a1', group: 'a' },
      { body: 'b1', group: 'b' },
      { body: 'a2', group: 'a' },
    ]);
    expect(bodies()).toEqual([['a1', 'b1'], ['a1'], ['a1'], ['a2']]);
  });
});

describe('a call of which SQS took a part', () => {
  it('is made again with the rest alone, as it was', async () => {
    failing = (body, call) => (call === 1 && (body === 1 || body === 3) ? 'InternalError' : undefined);
    await queue(client, QUEUE_URL).send(
      numbered(5).map(({ body }) => ({ body, group: `g${body}`, dedup: `d${body}`, delaySeconds: 5 })),
    );
    expect(bodies()).toEqual([
      [0, 1, 2, 3, 4],
      [1, 3],
    ]);
    const [first = [], second = []] = calls();
    expect(second).toEqual([first[1], first[3]]);
  });

  it('is given up in the end, and the sender hears of it', async () => {
    failing = (body) => (body === 1 ? 'InvalidMessageContents' : undefined);
    await expect(queue(client, QUEUE_URL).send(numbered(3))).rejects.toThrow('InvalidMessageContents');
    expect(bodies()[0]).toEqual([0, 1, 2]);
    expect(calls().length).toBeGreaterThan(1);
    expect(calls().length).toBeLessThan(10);
    for (const again of bodies().slice(1)) expect(again).toEqual([1]);
  });
});

describe('a call that failed', () => {
  it('is reported to whoever sent its messages, and to no other', async () => {
    failing = (body) => (body === 'bad' ? new RequestThrottled({ message: 'slow down', $metadata: {} }) : undefined);
    const { send } = queue(client, QUEUE_URL);
    const results = await Promise.allSettled([send(numbered(10)), send([{ body: 'bad' }])]);
    expect(results).toEqual([
      { status: 'fulfilled', value: undefined },
      { status: 'rejected', reason: expect.any(RequestThrottled) },
    ]);
  });

  it('does not keep the queue from what is sent after it', async () => {
    const { send } = queue(client, QUEUE_URL);
    failing = () => new Error('unreachable');
    await expect(send([{ body: 'a' }])).rejects.toThrow('unreachable');
    failing = () => undefined;
    await send([{ body: 'b' }]);
    expect(bodies()).toEqual([['a'], ['b']]);
  });
});
