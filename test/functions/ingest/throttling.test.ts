import { describe, expect, it } from 'vitest';
import type { EventsMessage } from '../../../core/events/event.ts';
import { basic } from './ingest-harness.ts';
import { app, newHarnessEachTime, page } from './ingest-setup.ts';

newHarnessEachTime();

describe('a profile that runs away', () => {
  const pages = (count: number, userId = 'ann') => ({ batch: Array.from({ length: count }, () => page({ userId })) });

  it('has 500 at once, then 429 with Retry-After', async () => {
    expect((await app.post('/v1/batch', pages(500))).body.accepted).toBe(500);
    const over = await app.post('/v1/page', page());
    expect(over.status).toBe(429);
    expect(over.headers['retry-after']).toBe('1');
    expect(over.body).toMatchObject({
      type: '/problems/rate-limited',
      errors: [{ path: '', message: 'rate-limited' }],
    });
    expect(app.events()).toHaveLength(500);
  });

  it('has a request taken whole while its bucket is not empty: clients take 200 for the delivery of all', async () => {
    expect(await app.post('/v1/batch', pages(600))).toMatchObject({ status: 200, body: { accepted: 600 } });
    expect(app.events()).toHaveLength(600);
    const over = await app.post('/v1/batch', pages(1));
    expect([over.status, over.headers['retry-after']]).toEqual([429, '6']);
  });

  it('has a request refused whole otherwise, though others are in it', async () => {
    await app.post('/v1/batch', pages(500));
    const batch = [...pages(1, 'bob').batch, { type: 'page' }, ...pages(1).batch];
    const over = await app.post('/v1/batch', { batch });
    expect(over.status).toBe(429);
    expect(over.body.errors).toEqual([{ path: '/batch/2', message: 'rate-limited' }]);
    expect(app.events()).toHaveLength(500);
  });

  it('may go on after Retry-After', async () => {
    await app.post('/v1/batch', pages(500));
    app.clock.now += 1_000;
    expect((await app.post('/v1/batch', pages(500))).body.accepted).toBe(500);
  });
});

describe('a client key that merges into one user', () => {
  const basicOf = (key: string) => ({ headers: { authorization: basic(key) } });
  const aliases = (from: number, count: number, userId = 'ann') => ({
    batch: Array.from({ length: count }, (_, n) => ({ type: 'alias', userId, previousId: `visit-${from + n}` })),
  });
  const post = (body: object, key = 'client-key') => app.post('/v1/batch', body, basicOf(key));

  it('has 50 at once, then 429 with Retry-After for the whole request', async () => {
    expect((await post(aliases(0, 50))).status).toBe(200);
    const over = await post({ batch: [page(), ...aliases(50, 2).batch] });
    expect([over.status, over.headers['retry-after']]).toEqual([429, '2']);
    expect(over.body.errors).toEqual([1, 2].map((at) => ({ path: `/batch/${at}`, message: 'rate-limited' })));
    expect(app.events()).toHaveLength(50);
    app.clock.now += 2_000;
    expect((await post(aliases(50, 1))).status).toBe(200);
  });

  it('has more of one request rejected by index', async () => {
    const { body } = await post(aliases(0, 52));
    expect(body).toMatchObject({ accepted: 50 });
    expect((body.rejected as { path: string }[]).map(({ path }) => path)).toEqual([
      '/batch/50/previousId',
      '/batch/51/previousId',
    ]);
  });

  it('may say the same as often as it likes, and of others', async () => {
    const { batch } = aliases(0, 50);
    const again = { type: 'identify', userId: 'ann', anonymousId: 'visit-7' };
    expect((await post({ batch: [...batch, again] })).body.accepted).toBe(51);
    expect((await post({ batch: [again, again] })).status).toBe(200);
    expect((await post(aliases(100, 50, 'bob'))).status).toBe(200);
    expect((await post({ batch: [{ ...again, anonymousId: 'new' }] })).status).toBe(429);
  });

  it('leaves the events themselves, and a server key, as they were', async () => {
    await post(aliases(0, 50));
    expect((await post({ batch: [page()] })).status).toBe(200);
    expect((await post(aliases(100, 200), 'server-key')).body.accepted).toBe(200);
  });

  it('waits in the message group of the user alone, not in that of all aliases', async () => {
    await post(aliases(0, 1));
    const [entry] = app.calls().flat();
    const { events, profile, then } = JSON.parse(entry?.MessageBody ?? '') as EventsMessage;
    expect([entry?.MessageGroupId, then]).toEqual([profile, undefined]);
    expect(events[0]?.from).toEqual({ kind: 'anonymous', id: 'visit-0' });
  });
});
