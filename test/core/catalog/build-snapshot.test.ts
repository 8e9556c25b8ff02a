import { describe, expect, test } from 'vitest';
import { emptySnapshot, nextSnapshot } from '../../../core/catalog/build-snapshot.ts';
import { capHistoryMs } from '../../../core/catalog/cap-history.ts';
import { KINDS } from '../../../core/catalog/kinds/registry.ts';
import type { Snapshot } from '../../../core/catalog/snapshot.ts';
import { canonicalJson, contentHash } from '../../../core/definitions/canonical.ts';
import { SettingsSchema } from '../../../core/definitions/settings.ts';
import { eventsWantedBy } from '../../../engine/messages/publish-message-event.ts';

const tag = (condition: object) => KINDS.tags.schema.parse({ name: 'T', if: condition });
const withTag = (live: Snapshot, id: string, condition: object, version = 1): Snapshot => {
  const apply = KINDS.tags.apply?.(live, id, { version, definition: tag(condition) }, {}) ?? live;
  return nextSnapshot(live, apply) ?? live;
};
const bought = (within: string) => ({ event: 'Order Completed', within });

describe('the snapshot of live rules', () => {
  test('holds each rule after those that it refers to', () => {
    let live = withTag(emptySnapshot(), 'a', { tag: 'b' });
    live = withTag(live, 'b', { tag: 'c' });
    live = withTag(live, 'c', { trait: 'city', eq: 'Shanghai' });
    expect(live.rules.map(({ id }) => id)).toEqual(['c', 'b', 'a']);
  });

  test('a new rule’s features carry the version in which they came in, older ones keep theirs', () => {
    const first = withTag(emptySnapshot(), 'a', bought('30d'));
    const second = withTag(first, 'b', { event: 'Logged In', within: '7d' });
    expect(first.features.version).toBe(1);
    expect(second.features.version).toBe(2);
    const since = new Map(second.features.specs.map((spec) => [spec.id, spec.since]));
    for (const spec of first.features.specs) expect(since.get(spec.id)).toBe(1);
    expect([...since.values()].sort()).toEqual([...first.features.specs.map(() => 1), 2]);
    const renamed = withTag(second, 'c', bought('30d'));
    expect(renamed.features).toEqual(second.features);
  });

  test('a rule that goes takes its features along; one that comes back is new', () => {
    const there = withTag(emptySnapshot(), 'a', bought('30d'));
    const gone = nextSnapshot(there, KINDS.tags.apply?.(there, 'a', undefined, {}) ?? there);
    expect(gone).toMatchObject({ rules: [], features: { version: 1, specs: [] } });
    const back = withTag(gone ?? there, 'a', bought('30d'));
    expect(back.features.specs.every((spec) => spec.since === 2)).toBe(true);
  });

  test('what an older version of a journey waits for stays subscribed to until the journey is archived', () => {
    const waiting = (was: string) =>
      KINDS.journeys.schema.parse({
        name: 'J',
        owner: 'growth',
        entry: { event: 'Signed Up' },
        start: 'ask',
        nodes: {
          ask: { type: 'send', template: 'ask', next: 'wait' },
          wait: { type: 'wait-for', timeout: '1d', for: [{ message: 'ask', was, next: 'done' }], onTimeout: 'done' },
          done: { type: 'end' },
        },
      });
    const publish = (live: Snapshot, version: number, was: string): Snapshot => {
      const journey = { id: 'j', version, definition: waiting(was), pins: { templates: {}, journeys: {} } };
      return nextSnapshot(live, { ...live, journeys: [journey] }) ?? live;
    };
    const second = publish(publish(emptySnapshot(), 1, 'delivered'), 2, 'clicked');
    expect(eventsWantedBy(second)).toContain('Message Delivered');
    const archived = nextSnapshot(second, { ...second, journeys: [], archived: { j: 2 } });
    expect(eventsWantedBy(archived ?? second)).not.toContain('Message Delivered');
  });

  test('an archived campaign bars the versions up to the archived one, for as long as its head says so', () => {
    const apply = (live: Snapshot, archivedUpTo?: number): Snapshot =>
      KINDS.campaigns.apply?.(live, 'spring', undefined, archivedUpTo === undefined ? {} : { archivedUpTo }) ?? live;
    const archived = apply(emptySnapshot(), 2);
    expect(archived.archivedCampaigns).toEqual({ spring: 2 });
    expect(apply(archived).archivedCampaigns).toBeUndefined();
  });

  test('what a condition of a journey asks for is subscribed to, also one of an older version', () => {
    const asking = (more: object, condition: object) =>
      KINDS.journeys.schema.parse({
        name: 'J',
        owner: 'growth',
        entry: { event: 'Signed Up' },
        start: 'ask',
        nodes: {
          ask: { type: 'branch', cases: [{ if: condition, next: 'done' }], default: 'done' },
          done: { type: 'end' },
        },
        ...more,
      });
    const publish = (live: Snapshot, version: number, definition: ReturnType<typeof asking>): Snapshot =>
      nextSnapshot(live, {
        ...live,
        journeys: [{ id: 'j', version, definition, pins: { templates: {}, journeys: {} } }],
      }) ?? live;
    const tagged = { tag: 'vip' };
    const audience = { not: { event: 'Message Sent', within: '30d' } };
    expect(eventsWantedBy(publish(emptySnapshot(), 1, asking({ audience }, tagged)))).toContain('Message Sent');
    const goal = { event: 'Message Failed' };
    expect(eventsWantedBy(publish(emptySnapshot(), 1, asking({ goal }, tagged)))).toContain('Message Failed');
    const first = publish(emptySnapshot(), 1, asking({}, { template: 'news', was: 'suppressed' }));
    expect(eventsWantedBy(first)).toContain('Message Suppressed');
    expect(eventsWantedBy(publish(first, 2, asking({}, tagged)))).toContain('Message Suppressed');
  });

  test('without a change there is no successor', () => {
    const live = withTag(emptySnapshot(), 'a', bought('30d'));
    expect(
      nextSnapshot(live, KINDS.tags.apply?.(live, 'a', { version: 1, definition: tag(bought('30d')) }, {}) ?? live),
    ).toBeUndefined();
  });
});

describe('counted sends are kept', () => {
  const journey = (version: number, caps: object[], ofNode: object[] = []) => ({
    version,
    definition: KINDS.journeys.schema.parse({
      ...{ name: 'J', entry: { event: 'E' }, start: 'send', caps },
      nodes: { send: { type: 'send', template: 't', caps: ofNode, next: 'done' }, done: { type: 'end' } },
    }),
  });
  const published = (live: Snapshot, now: ReturnType<typeof journey> | undefined, archivedUpTo?: number): Snapshot => {
    const head = archivedUpTo === undefined ? {} : { archivedUpTo };
    return nextSnapshot(live, KINDS.journeys.apply?.(live, 'j', now, head) ?? live) ?? live;
  };
  const days = (live: Snapshot) => capHistoryMs(live) / 86_400_000;

  test('for 31 days, or as long as the longest cap of settings, journeys and nodes looks back', () => {
    expect(days(emptySnapshot())).toBe(31);
    const settings = SettingsSchema.parse({ caps: [{ max: 9, within: '40d' }] });
    expect(days({ ...emptySnapshot(), settings })).toBe(40);
    expect(days(published(emptySnapshot(), journey(1, [{ max: 1, within: '7d' }])))).toBe(31);
    expect(days(published(emptySnapshot(), journey(1, [{ max: 1, within: '90d' }])))).toBe(90);
    expect(days(published(emptySnapshot(), journey(1, [], [{ max: 1, within: '100d' }])))).toBe(100);
  });

  test('for the caps of older versions until the journey is archived', () => {
    const first = published(emptySnapshot(), journey(1, [{ max: 1, within: '90d' }]));
    const second = published(first, journey(2, []));
    expect(days(second)).toBe(90);
    expect(days(published(second, undefined, 2))).toBe(31);
  });
});

describe('content', () => {
  test('is equal whatever the order of its keys', () => {
    expect(contentHash({ a: 1, b: { c: [1, 2], d: null } })).toBe(contentHash({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(canonicalJson({ a: [1, 2] })).not.toBe(canonicalJson({ a: [2, 1] }));
  });
});

describe('settings', () => {
  test('empty settings are the defaults, and the defaults parse to themselves', () => {
    const defaults = SettingsSchema.parse({});
    expect(SettingsSchema.parse(defaults)).toEqual(defaults);
    expect(defaults.validFor).toEqual({ journey: '3d', campaign: '1d', transactional: '1d' });
  });
  test.each([
    [{ caps: [{ max: 2, per: 'week' }] }],
    [{ caps: [{ max: -1, per: 'day' }] }],
    [{ window: { hours: [['12:00', '10:00']] } }],
    [{ channels: ['fax'] }],
    [{ country: 'China' }],
    [{ guardrails: [{ metric: 'open', scope: 'node', do: 'alert' }] }],
    [{ guardrails: [{ metric: 'open', scope: 'node', over: 0.1, under: 0.2, do: 'alert' }] }],
    [{ colour: 'red' }],
  ])('%j is refused', (settings) => {
    expect(SettingsSchema.safeParse(settings).success).toBe(false);
  });
  test('a window closes at midnight when it says so', () => {
    expect(
      SettingsSchema.safeParse({ window: { days: ['mon'], hours: [['19:00', '24:00']], otherwise: 'skip' } }).success,
    ).toBe(true);
  });
});
