import { beforeEach, describe, expect, it } from 'vitest';
import { basic, harness } from './ingest-harness.ts';

let app: ReturnType<typeof harness>;
beforeEach(() => {
  app = harness();
});
const headers = { authorization: basic('server-key') };

/** The verdict of one item in a batch with one that is good. */
async function verdictOf(item: Record<string, unknown>) {
  const good = { type: 'track', userId: 'good', event: 'Seen' };
  const answer = await app.post('/v1/batch', {
    batch: [good, { type: 'track', event: 'Seen', userId: 'ann', ...item }],
  });
  expect(answer.status).toBe(200);
  return answer.body.rejected;
}
const raw = (json: string) => app.post('/v1/batch', undefined, { raw: json, headers });

describe('an id', () => {
  it.each(['userId', 'anonymousId', 'previousId', 'groupId', 'messageId'])(
    '%s is not what client code made by mistake',
    async (name) => {
      for (const id of ['null', 'undefined', 'NaN', '[object Object]', ' undefined '])
        expect(await verdictOf({ [name]: id })).toEqual([
          { index: 1, path: `/batch/1/${name}`, message: `is no id: ${id.trim()}` },
        ]);
      expect(await verdictOf({ [name]: 'a\ud800' })).toMatchObject([{ path: `/batch/1/${name}` }]);
      expect(await verdictOf({ [name]: 'x'.repeat(256) })).toMatchObject([{ path: `/batch/1/${name}` }]);
      expect(await verdictOf({ [name]: { id: 1 } })).toMatchObject([
        { path: `/batch/1/${name}`, message: 'must be a string' },
      ]);
    },
  );

  it.each(['0', 'false', 'Null', 'x'.repeat(255), '王芳 😀'])('may be %s', async (id) => {
    expect(await verdictOf({ userId: id })).toEqual([]);
  });

  it('that is empty, blank or null beside a usable one is absent', async () => {
    for (const userId of ['', ' ', null, undefined]) {
      expect(await verdictOf({ userId, anonymousId: 'a-1' })).toEqual([]);
      expect(app.events().at(-1)).not.toHaveProperty('from');
    }
    expect(await verdictOf({ userId: ' ', anonymousId: '' })).toEqual([
      { index: 1, path: '/batch/1/userId', message: 'userId or anonymousId is missing' },
    ]);
  });

  it('that is a JSON number is read by its digits, whatever its size', async () => {
    const batch = ['1234567890123456788', '1234567890123456789'].map(
      (id) => `{"type": "track", "event": "Seen", "userId": ${id}, "messageId": ${id}, "properties": {"order": ${id}}}`,
    );
    expect((await raw(`{"batch": [${batch.join()}]}`)).body).toMatchObject({ accepted: 2 });
    expect(app.events().map(({ id, properties }) => [id, properties])).toEqual([
      ['1234567890123456788', { order: '1234567890123456788' }],
      ['1234567890123456789', { order: '1234567890123456789' }],
    ]);
    const identities = app
      .calls()
      .flat()
      .map(({ MessageBody }) => (JSON.parse(MessageBody ?? '') as { identity: unknown }).identity);
    expect(identities).toEqual(['1234567890123456788', '1234567890123456789'].map((id) => ({ kind: 'user', id })));
  });

  it('that is a number which cannot be read exactly is rejected', async () => {
    const { body } = await raw('{"batch": [{"type": "page", "userId": 1e21}, {"type": "page", "userId": 1e3}]}');
    expect(body).toMatchObject({ accepted: 1, rejected: [{ index: 0, path: '/batch/0/userId' }] });
  });
});

describe('what an item may hold', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['an event of 256 characters', { event: 'x'.repeat(256) }, '/event'],
    ['an event with a lone surrogate', { event: 'a\udfff' }, '/event'],
    ['a trait with a name of 256 characters', { type: 'identify', traits: { ['x'.repeat(256)]: 1 } }, '/traits'],
    ['the same in the context', { type: 'identify', context: { traits: { ['x'.repeat(256)]: 1 } } }, '/context/traits'],
    ['a group trait with such a name', { type: 'group', groupId: 'g', traits: { ['x'.repeat(256)]: 1 } }, '/traits'],
    [
      'an e-mail address of 255 bytes',
      { type: 'identify', traits: { email: `${'é'.repeat(124)}@ab.com` } },
      '/traits/email',
    ],
    ['a phone of 33 characters', { type: 'identify', traits: { phone: `+${'1'.repeat(32)}` } }, '/traits/phone'],
    [
      'a push token of 4,097 characters',
      { context: { device: { type: 'ios', token: 'x'.repeat(4_097) } } },
      '/context/device/token',
    ],
    [
      'consent of 201 topics',
      {
        context: {
          consent: {
            categoryPreferences: Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`sms:t${n}`, false])),
          },
        },
      },
      '/context/consent/categoryPreferences',
    ],
  ])('not %s', async (_, item, path) => {
    expect(await verdictOf(item)).toMatchObject([{ index: 1, path: `/batch/1${path}` }]);
  });

  it('a number that is none in JSON is rejected with its place: it would remove a trait', async () => {
    const { body } = await raw(
      '{"batch": [{"type": "page", "userId": "a"}, {"type": "identify", "userId": "a", "traits": {"spent": 1e400}}]}',
    );
    expect(body).toMatchObject({
      accepted: 1,
      rejected: [{ index: 1, path: '/batch/1/traits/spent', message: 'is a number that is too large' }],
    });
  });

  it('its context is counted for each: 58 KB must not become 18 MB', async () => {
    const context = { note: 'x'.repeat(24_000) };
    const items = (count: number) => Array.from({ length: count }, (_, n) => ({ type: 'page', userId: `u${n}` }));
    const over = await app.post('/v1/batch', { batch: items(2_400), context });
    expect([over.status, over.body.type]).toEqual([413, '/problems/too-large']);
    expect(app.calls()).toEqual([]);
    expect((await app.post('/v1/batch', { batch: items(150), context })).body.accepted).toBe(150);
  });
});

describe('a body that is no UTF-8', () => {
  it('is 400, as it is and zipped', async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"userId": "'),
      Buffer.from([0xc3, 0x28]),
      Buffer.from('", "event": "Seen"}'),
    ]);
    const answer = await app.post('/v1/track', undefined, {
      raw: bytes.toString('base64'),
      isBase64Encoded: true,
      headers,
    });
    expect([answer.status, answer.body.detail]).toEqual([400, 'The body is not UTF-8.']);
  });
});
