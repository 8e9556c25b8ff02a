import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { profileKeyOfUser } from '../../../core/ids.ts';
import { NOW, QUEUE_URL } from './ingest-harness.ts';
import { app, newHarnessEachTime, page } from './ingest-setup.ts';

newHarnessEachTime();

const ann = profileKeyOfUser('ann');

describe('what is queued', () => {
  it('is one message of each profile, in its own group', async () => {
    await app.post('/v1/batch', { batch: [page({ messageId: 'm1' }), page({ messageId: 'm2' })] });
    expect(app.sqs.commandCalls(SendMessageBatchCommand)[0]?.args[0].input).toEqual({
      QueueUrl: QUEUE_URL,
      Entries: [
        {
          Id: '0',
          MessageGroupId: ann,
          MessageDeduplicationId: expect.stringMatching(/^[a-z2-7]{26}$/),
          DelaySeconds: undefined,
          MessageBody: JSON.stringify({
            profile: ann,
            identity: { kind: 'user', id: 'ann' },
            events: [0, 1].map((index) => ({
              id: `m${index + 1}`,
              at: NOW,
              sentAt: 0,
              receivedAt: NOW,
              sequence: 7,
              index,
              key: 'server',
              type: 'track',
              name: 'Page Viewed',
              properties: {},
            })),
          }),
        },
      ],
    });
  });

  it('an alias goes by the group of the old id, and from there by the group of all aliases', async () => {
    await app.post('/v1/alias', { userId: 'ann', previousId: 'old' });
    const [entry] = app.calls()[0] ?? [];
    expect(entry?.MessageGroupId).toBe(profileKeyOfUser('old'));
    expect(JSON.parse(entry?.MessageBody ?? '')).toMatchObject({ profile: ann, then: 'alias' });
  });

  it('a repeat is never swallowed by SQS, whose five minutes are not ours', async () => {
    await app.post('/v1/page', page({ messageId: 'm1' }));
    await app.post('/v1/page', page({ messageId: 'm1' }));
    const dedups = app.calls().map(([entry]) => entry?.MessageDeduplicationId);
    expect(new Set(dedups).size).toBe(2);
  });

  it('an event without a messageId gets one', async () => {
    await app.post('/v1/page', page());
    expect(app.events()[0]?.id).toBe('new-1');
  });

  it('carries the instant corrected by sentAt, and the consent stamped on the batch', async () => {
    const consent = { categoryPreferences: { sms: true } };
    await app.post('/v1/batch', {
      batch: [page({ timestamp: '2026-11-05T00:00:00.000Z' })],
      sentAt: '2026-11-05T00:00:30.000Z',
      context: { consent },
    });
    expect(app.events()[0]).toMatchObject({ at: NOW - 30_000, receivedAt: NOW, context: { consent } });
  });
});

describe('200 only when all is queued', () => {
  const people = (count: number) => ({ batch: Array.from({ length: count }, (_, at) => page({ userId: `u${at}` })) });
  const failed = (...ids: string[]) => ({
    Successful: [],
    Failed: ids.map((Id) => ({ Id, Code: 'InternalError', SenderFault: false })),
  });

  it('what SQS did not take is sent again, and nothing else', async () => {
    app.sqs.on(SendMessageBatchCommand).resolvesOnce(failed('0', '2')).resolvesOnce(failed('2')).resolves(failed());
    expect((await app.post('/v1/batch', people(3))).body).toEqual({ success: true, accepted: 3, rejected: [] });
    const [first = [], ...later] = app.calls();
    expect(first.map(({ Id }) => Id)).toEqual(['0', '1', '2']);
    expect(later).toEqual([[first[0], first[2]], [first[2]]]);
  });

  it('what SQS does not take in four tries fails the request, so that the client repeats it', async () => {
    app.sqs.on(SendMessageBatchCommand).resolves(failed('1'));
    await expect(app.post('/v1/batch', people(2))).rejects.toThrow('1 messages could not be queued: InternalError');
    expect(app.calls()).toHaveLength(4);
  });

  it('so does a call that fails as a whole', async () => {
    app.sqs.on(SendMessageBatchCommand).rejects(new Error('no route to host'));
    await expect(app.post('/v1/page', page())).rejects.toThrow('no route to host');
  });

  it('and one that fails after others were taken', async () => {
    app.sqs.on(SendMessageBatchCommand).resolvesOnce(failed()).rejects(new Error('throttled'));
    await expect(app.post('/v1/batch', people(11))).rejects.toThrow('throttled');
  });

  it('ten messages a call, none left out', async () => {
    await app.post('/v1/batch', people(25));
    expect(app.calls().map((entries) => entries.length)).toEqual([10, 10, 5]);
    expect(new Set(app.calls().flatMap((entries) => entries.map(({ MessageGroupId }) => MessageGroupId))).size).toBe(
      25,
    );
  });

  it('of one profile, a call carries one message, so that a retry overtakes nothing', async () => {
    const text = 'x'.repeat(30_000);
    await app.post('/v1/batch', { batch: Array.from({ length: 16 }, () => page({ properties: { text } })) });
    expect(app.calls().map((entries) => entries.length)).toEqual([1, 1]);
    expect(app.events().map(({ index }) => index)).toEqual(Array.from({ length: 16 }, (_, at) => at));
  });
});
