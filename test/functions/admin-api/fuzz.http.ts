import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const KINDS = ['tags', 'segments', 'templates', 'coupon-pools', 'content', 'journeys'];
const examples = KINDS.flatMap((kind) =>
  readdirSync(`examples/${kind}`).map((file) => ({
    kind,
    id: file.replace('.json', ''),
    definition: JSON.parse(readFileSync(`examples/${kind}/${file}`, 'utf8')) as Json,
  })),
);

/** Values that often break code, and keywords of the language in the wrong place. */
const oddity: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    '',
    ' ',
    '0s',
    '-1d',
    '99999d',
    'constructor',
    '__proto__',
    'toString',
    '{{',
    '{{ profile.id | nothing }}',
    '{% render "package.json" %}',
    '\u0000',
    '😀'.repeat(200),
    -1,
    0,
    1e308,
    Number.MAX_SAFE_INTEGER,
    [],
    {},
    [[]],
    { constructor: 1 },
    { data: 'a.b' },
    { trait: '' },
    { sinceEntry: '1d' },
    { not: { not: { all: [] } } },
    { event: 'E', count: { gte: -1 } },
    { tag: 'vip' },
    { time: '24:00' },
    { time: '09:00', days: [] },
    '2026-02-30',
    'Asia/Nowhere',
    'done',
    'end',
  ),
  fc.string({ maxLength: 20 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** The same tree with one place changed: removed, doubled under another name, or something odd put there. */
function mutated(json: Json, way: number[], value: Json): Json {
  const [first = 0, ...rest] = way;
  const act = rest[0] ?? 0;
  if (Array.isArray(json) && json.length > 0 && rest.length > 1) {
    const at = first % json.length;
    if (act % 11 === 0) return json.filter((_, index) => index !== at);
    return json.map((part, index) => (index === at ? mutated(part, rest, value) : part));
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json) && rest.length > 1) {
    const keys = Object.keys(json);
    if (keys.length === 0) return { odd: value };
    const key = keys[first % keys.length] ?? '';
    const { [key]: there = null, ...others } = json;
    if (act % 11 === 0) return others;
    if (act % 11 === 1) return { ...json, [typeof value === 'string' ? value : 'odd']: there };
    return { ...json, [key]: mutated(there, rest, value) };
  }
  return value;
}

const change = fc.tuple(fc.array(fc.nat(100), { minLength: 2, maxLength: 8 }), oddity);
const attempt = fc.record({
  example: fc.constantFrom(...examples),
  changes: fc.array(change, { minLength: 1, maxLength: 3 }),
});

describe('whatever is sent', () => {
  let api: ReturnType<typeof harness>;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const tables = await startTables();
    stop = tables.stop;
    api = harness(tables.client);
    await api.call('PUT', '/v1/settings', { body: { approval: { required: false } } });
    for (const { kind, id, definition } of examples) await api.call('PUT', `/v1/${kind}/${id}`, { body: definition });
  });
  afterAll(() => stop());

  const broken = (answer: { status: number; body: unknown }, what: string) =>
    answer.status >= 500 ? `${what}: ${answer.status} ${JSON.stringify(answer.body)}` : undefined;

  test('is defined or refused with a pointer, never 500', async () => {
    await fc.assert(
      fc.asyncProperty(attempt, async ({ example: { kind, definition }, changes }) => {
        const body = changes.reduce((json, [way, value]) => mutated(json, way, value), definition);
        const put = await api.call('PUT', `/v1/${kind}/fuzzed`, { body });
        expect(broken(put, `PUT ${JSON.stringify(body)}`)).toBeUndefined();
        if (kind !== 'journeys' || put.status > 201) return;
        for (const verb of ['submit', 'publish', 'simulate']) {
          const done = await api.call('POST', `/v1/journeys/fuzzed/${verb}`, {
            body: verb === 'simulate' ? { profile: { traits: {} }, events: [] } : {},
          });
          expect(broken(done, `${verb} ${JSON.stringify(body)}`)).toBeUndefined();
        }
      }),
      { numRuns: 400, seed: 20261124 },
    );
  });

  test('is simulated or refused, never 500', async () => {
    for (const { kind, definition } of examples)
      if (kind === 'journeys') await api.call('PUT', '/v1/journeys/dry', { body: definition });
    const asked: Json = {
      profile: { traits: { birthday: '1990-02-29' }, timezone: 'Asia/Shanghai', consent: { sms: true }, tags: ['vip'] },
      at: '2026-11-02T01:00:00Z',
      events: [{ after: '26h', event: 'Order Completed', properties: { total: 1 } }],
      until: '30d',
    };
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
        const body = changes.reduce<Json>((json, [way, value]) => mutated(json, way, value), asked);
        const answer = await api.call('POST', '/v1/journeys/dry/simulate', { body });
        expect(broken(answer, `simulate ${JSON.stringify(body)}`)).toBeUndefined();
      }),
      { numRuns: 150, seed: 20261124 },
    );
  });
});
