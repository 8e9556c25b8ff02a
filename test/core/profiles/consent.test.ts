import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isConsentKey } from '../../../core/events/consent-key.ts';
import {
  consentEntriesOf,
  droppedConsentKeys,
  foldConsents,
  type KeyedConsent,
  ledgerEntriesOf,
  mayMarket,
  mergeConsents,
} from '../../../core/profiles/consent.ts';
import type { Consents } from '../../../core/profiles/profile.ts';
import { consent, event } from './builders.ts';

const said = (granted: boolean, at: number): KeyedConsent => ({ key: 'sms', entry: consent(granted, at) });
const stamped = (granted: boolean, at: number): KeyedConsent => ({
  key: 'sms',
  entry: consent(granted, at, { source: 'sdk' }),
  stamp: true,
});
const heldAfter = (...entries: KeyedConsent[]) => foldConsents({}, entries).sms;

describe('what an event says of consent', () => {
  const entriesOf = (categoryPreferences: unknown, name = 'Seen') =>
    consentEntriesOf(event('m1', 100, { type: 'track', name, context: { consent: { categoryPreferences } } }));

  it('is a stamp for each channel and topic', () => {
    expect(entriesOf({ sms: true, 'email:offers': false })).toEqual([
      { key: 'sms', entry: { granted: true, at: 100, source: 'sdk' }, stamp: true },
      { key: 'email:offers', entry: { granted: false, at: 100, source: 'sdk' }, stamp: true },
    ]);
  });

  it("ignores keys that are no channel's and values that are no boolean", () => {
    expect(entriesOf({ Advertising: true, 'sms:': true, 'sms:a:b': true, email: 'yes', push: null })).toEqual([]);
  });

  it('is said by the customer in `Segment Consent Preference Updated`', () => {
    expect(entriesOf({ sms: true }, 'Segment Consent Preference Updated')[0]?.stamp).toBe(false);
  });

  it.each([undefined, null, 'x', []])('is nothing where the preferences are %o', (preferences) => {
    expect(entriesOf(preferences)).toEqual([]);
  });

  it('is nothing where there is no context', () => {
    expect(consentEntriesOf(event('m1', 100))).toEqual([]);
  });

  it('keys are a channel, or a channel and a topic of at most 64 characters', () => {
    expect(['sms', 'email', 'push', `sms:${'x'.repeat(64)}`].every(isConsentKey)).toBe(true);
    expect(['fax', 'sms ', 'SMS', `sms:${'x'.repeat(65)}`].some(isConsentKey)).toBe(false);
  });
});

describe('consents', () => {
  it('the later entry holds, in whichever order they come', () => {
    expect(heldAfter(said(true, 100), said(false, 200))?.granted).toBe(false);
    expect(heldAfter(said(false, 200), said(true, 100))?.granted).toBe(false);
    expect(heldAfter(said(false, 100), said(true, 200))?.granted).toBe(true);
  });

  it('false holds on a tie', () => {
    expect(heldAfter(said(true, 100), said(false, 100))?.granted).toBe(false);
    expect(heldAfter(said(false, 100), said(true, 100))?.granted).toBe(false);
  });

  it('nothing new leaves the very same object', () => {
    const held = foldConsents({}, [said(false, 100), { key: 'email', entry: consent(true, 100) }]);
    const nothingNew = [stamped(false, 300), stamped(true, 300), said(true, 50), said(false, 100)];
    expect(foldConsents(held, nothingNew)).toBe(held);
  });

  it('keys do not touch one another', () => {
    const held = foldConsents({}, [said(true, 100), { key: 'sms:offers', entry: consent(false, 200) }]);
    expect([held.sms?.granted, held['sms:offers']?.granted]).toEqual([true, false]);
  });
});

describe('a stamp', () => {
  it('opens where nothing was said yet', () => {
    expect(heldAfter(stamped(true, 100))).toMatchObject({ granted: true, at: 100, source: 'sdk' });
  });

  it('never reopens, however late it is', () => {
    expect(heldAfter(said(false, 100), stamped(true, 900))?.granted).toBe(false);
    expect(heldAfter(stamped(false, 100), stamped(true, 900))?.granted).toBe(false);
  });

  it('does not reopen because it came before the refusal that it is later than', () => {
    expect(heldAfter(stamped(true, 900), said(false, 100))?.granted).toBe(false);
    expect(heldAfter(stamped(true, 900), stamped(false, 100))?.granted).toBe(false);
  });

  it('closes what is granted', () => {
    expect(heldAfter(said(true, 100), stamped(false, 200))?.granted).toBe(false);
    expect(heldAfter(stamped(true, 100), stamped(false, 200))?.granted).toBe(false);
  });

  it('what it closed is reopened by what the customer says later, not earlier', () => {
    expect(heldAfter(said(true, 100), stamped(false, 200), said(true, 300))?.granted).toBe(true);
    expect(heldAfter(said(true, 100), stamped(false, 200), said(true, 150))?.granted).toBe(false);
  });

  it('that grants leaves an older grant of the customer’s own as it is', () => {
    expect(heldAfter(said(true, 100), stamped(true, 200))).toEqual(consent(true, 100));
    expect(heldAfter(stamped(true, 200), said(true, 100))).toEqual(consent(true, 100));
  });

  it('that grants never decides where anything else was said, in any order', () => {
    const at = fc.integer({ min: 1, max: 5 });
    const stamps = fc.array(at.map((one) => stamped(true, one)));
    const entries = fc.array(
      fc.tuple(fc.boolean(), at).map(([granted, one]) => said(granted, one)),
      { minLength: 1 },
    );
    const drawn = fc
      .tuple(stamps, entries)
      .chain(([s, e]) =>
        fc.tuple(fc.constant(e), fc.shuffledSubarray([...s, ...e], { minLength: s.length + e.length })),
      );
    fc.assert(
      fc.property(drawn, ([alone, mixed]) => {
        expect(heldAfter(...mixed)).toEqual(heldAfter(...alone));
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('of two profiles', () => {
  const consents = fc.dictionary(
    fc.constantFrom('sms', 'email', 'sms:offers'),
    fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 4 })).map(([granted, at]) => consent(granted, at)),
  );

  it('the later entry holds, false on a tie, key by key', () => {
    const a: Consents = { sms: consent(true, 200), email: consent(true, 100), push: consent(true, 100) };
    const b: Consents = { sms: consent(false, 100), email: consent(false, 100), 'sms:offers': consent(true, 5) };
    expect(mergeConsents(a, b)).toEqual({
      sms: consent(true, 200),
      email: consent(false, 100),
      push: consent(true, 100),
      'sms:offers': consent(true, 5),
    });
  });

  it('it does not matter which is folded into which, nor how often', () => {
    fc.assert(
      fc.property(consents, consents, (a, b) => {
        const both = mergeConsents(a, b);
        expect(mergeConsents(b, a)).toEqual(both);
        expect(mergeConsents(both, b)).toEqual(both);
      }),
      { seed: 5 },
    );
  });
});

describe('marketing', () => {
  const may = (whole: boolean | undefined, part: boolean | undefined, topic: string | undefined = 'offers') =>
    mayMarket(
      {
        ...(whole === undefined ? {} : { sms: consent(whole, 1) }),
        ...(part === undefined ? {} : { 'sms:offers': consent(part, 1) }),
        email: consent(true, 1),
      },
      'sms',
      topic,
    );

  it.each([
    [true, true, true],
    [true, undefined, true],
    [undefined, true, true],
    [true, false, false],
    [undefined, undefined, false],
    [undefined, false, false],
    [false, true, false],
    [false, undefined, false],
  ])('with the channel %o and the topic %o: %o', (whole, part, expected) => {
    expect(may(whole, part)).toBe(expected);
  });

  it('without a topic, the channel alone decides', () => {
    expect(mayMarket({ 'sms:offers': consent(true, 1) }, 'sms', undefined)).toBe(false);
    expect(mayMarket({ sms: consent(true, 1), 'sms:offers': consent(false, 1) }, 'sms', undefined)).toBe(true);
  });
});

describe('what counts, for the ledger', () => {
  it('is all that somebody said, and of stamps what changes something', () => {
    const [opens, closes, closesAgain, reopens] = [
      stamped(true, 1),
      stamped(false, 2),
      stamped(false, 3),
      stamped(true, 4),
    ];
    expect(ledgerEntriesOf({}, [opens, closes, closesAgain, reopens])).toEqual([opens, closes]);
    const [no, late] = [said(false, 6), said(true, 5)];
    expect(ledgerEntriesOf({}, [no, late])).toEqual([no, late]);
  });
});

describe('the room for consent', () => {
  const topics = (from: number, to: number, granted: boolean): KeyedConsent[] =>
    Array.from({ length: to - from }, (_, n) => ({ key: `sms:t${from + n}`, entry: consent(granted, from + n) }));
  const no = (key: string, at: number): KeyedConsent => ({ key, entry: consent(false, at) });

  it('is 200 topics: the oldest grants give way, and a refusal is never one of them', () => {
    const held = foldConsents({}, [no('sms:never', 1), ...topics(10, 209, true)]);
    const next = foldConsents(held, [no('sms:new', 500), no('email', 500)]);
    expect(Object.keys(next)).toHaveLength(201);
    expect(next).toMatchObject({
      'sms:never': { granted: false },
      'sms:new': { granted: false },
      email: { granted: false },
    });
    expect(next).not.toHaveProperty('sms:t10');
    expect(droppedConsentKeys(held, [no('sms:new', 500)])).toEqual(['sms:t10']);
    expect(droppedConsentKeys(held, [no('email', 500)])).toEqual([]);
  });

  it('where all are refusals, leaves out the newest, and channels still count', () => {
    const held = foldConsents({}, topics(10, 210, false));
    expect(foldConsents(held, [no('sms:new', 500)])).toEqual(held);
    expect(foldConsents(held, [no('sms', 500)]).sms).toMatchObject({ granted: false });
    expect(droppedConsentKeys(held, [no('sms:new', 500)])).toEqual(['sms:new']);
  });

  it('is bounded where two profiles become one', () => {
    const both = mergeConsents(foldConsents({}, topics(10, 150, true)), foldConsents({}, topics(150, 300, false)));
    expect(Object.values(both).filter(({ granted }) => granted)).toHaveLength(50);
    expect(Object.values(both).filter(({ granted }) => !granted)).toHaveLength(150);
  });

  it('holds no texts: they are in the ledger', () => {
    const entry = consent(true, 5, { text: 'x'.repeat(2_000), actor: 'ann' });
    expect(foldConsents({}, [{ key: 'sms', entry }])).toEqual({ sms: { granted: true, at: 5, source: entry.source } });
  });
});
