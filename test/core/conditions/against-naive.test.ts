import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../core/conditions/evaluate.ts';
import type { EvaluationContext, FatigueRule } from '../../../core/conditions/evaluation-context.ts';
import type { EventSource } from '../../../core/conditions/event-requirement.ts';
import { featureSource, timelineSource } from '../../../core/conditions/event-source.ts';
import { type Features, featureSpecsOf, foldEvents, mergeFeatures } from '../../../core/conditions/features.ts';
import { type Condition, ConditionSchema, JourneyConditionSchema } from '../../../core/conditions/schema.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { evaluateRules } from '../../../core/tags/evaluate.ts';
import { conditions, delays, histories, leaves, runFacts, traits, zones } from './arbitraries.ts';
import { DAY, NOW } from './builders.ts';
import { ms, type NaiveContext, naive } from './naive.ts';

const FATIGUE: FatigueRule[] = [{ channel: 'email', opened: 2, for: '5d' }];
const HORIZON_DAYS = 400;

type Json = Record<string, unknown>;
type Life = { traits: Json; events: CairnEvent[]; timezone: string };

const naiveContext = ({ traits: of, events, timezone }: Life, now: number): NaiveContext => ({
  now,
  timezone,
  traits: of,
  events,
  tags: {},
  fatigue: FATIGUE,
});

const evaluationContextOf = ({ traits: of, timezone }: Life, now: number, events: EventSource): EvaluationContext => ({
  now,
  timezone,
  trait: (name) => of[name],
  tag: () => ({ is: false }),
  segment: () => ({ is: false }),
  events,
  fatigue: FATIGUE,
});

const midnights = new Map<string, number[]>();
/** Every midnight from the day of `NOW` on, by Temporal. */
function midnightsOf(timezone: string): number[] {
  const known = midnights.get(timezone);
  if (known) return known;
  const today = Temporal.Instant.fromEpochMilliseconds(NOW).toZonedDateTimeISO(timezone).toPlainDate();
  const found = Array.from({ length: HORIZON_DAYS }, (_, days) =>
    Number(today.add({ days }).toZonedDateTime(timezone).epochMilliseconds),
  );
  midnights.set(timezone, found);
  return found;
}

/** Every instant > now at which anything could change: each date and event, plus each duration; each midnight where days count. */
function instantsToTry(condition: Json, dates: unknown, life: Life, now: number): number[] {
  const asked = JSON.stringify(condition);
  const text = asked.includes('fatigued') ? `${asked}${JSON.stringify(FATIGUE)}` : asked;
  const lengths = [...new Set(text.match(/"\d+[smhdw]"/g) ?? [])].map((quoted) => ms(quoted.slice(1, -1)));
  const isoDates = JSON.stringify(dates).match(/\d{4}-\d\d-\d\d(T[\d:.]+Z)?/g) ?? [];
  const began = isoDates.map((date) =>
    date.includes('T')
      ? Date.parse(date)
      : Number(Temporal.PlainDate.from(date).toZonedDateTime(life.timezone).epochMilliseconds),
  );
  const bases = new Set([...life.events.map((event) => event.at), ...began]);
  const sums = [...bases].flatMap((base) => lengths.map((length) => base + length));
  const days = text.includes('anniversaryWithin') ? midnightsOf(life.timezone) : [];
  return [...new Set([...sums, ...days])].filter((at) => at > now).sort((a, b) => a - b);
}

const nextChange = (tries: number[], is: boolean, truthAt: (at: number) => boolean): number | undefined =>
  tries.find((at) => truthAt(at) !== is);

/** Exact for leaves; for the rest never late, and how often it is early is counted. */
function checkAnnounced(
  announced: number | undefined,
  real: number | undefined,
  now: number,
  isLeaf: boolean,
): boolean {
  if (announced !== undefined) expect(announced).toBeGreaterThan(now);
  if (isLeaf) expect(announced).toBe(real);
  else if (real !== undefined) expect(announced ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(real);
  return announced !== real;
}

/** The events folded in the order given, in portions, some of them into a second profile that is then merged in. */
function foldInPortions(events: CairnEvent[], sides: number[], specs: ReturnType<typeof featureSpecsOf>): Features {
  const both: [Features, Features] = [{}, {}];
  for (let start = 0, portion = 0; start < events.length; portion += 1) {
    const size = 1 + (sides[portion % sides.length] ?? 0);
    const side = portion % 2 === 0 ? 0 : 1;
    both[side] = foldEvents(both[side], specs, events.slice(start, start + size), NOW);
    start += size;
  }
  const merged = mergeFeatures(both[0], both[1], specs, NOW);
  expect(mergeFeatures(both[1], both[0], specs, NOW)).toEqual(merged);
  // As it is stored and read.
  return JSON.parse(JSON.stringify(merged));
}

const lives = fc.record({ traits, events: fc.noBias(histories), timezone: zones });
const isLeaf = (condition: Json): boolean => !('all' in condition || 'any' in condition || 'not' in condition);
const SEED = 20_261_124;
/** Random conditions; `npm run test:search` asks 6,000. */
const RUNS = Number(process.env.RUNS ?? 1_500);

describe('the evaluation of random conditions over random lives', () => {
  it('agrees over features, over the timeline and with the plain reading, and announces every change in time', {
    timeout: 120_000,
  }, () => {
    const tree = conditions('rule');
    const anyRule = fc.noBias(fc.oneof({ weight: 2, arbitrary: leaves('rule') }, { weight: 3, arbitrary: tree }));
    const folding = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 4 });
    let trees = 0;
    let early = 0;
    let truths = 0;
    let changing = 0;
    fc.assert(
      fc.property(anyRule, lives, delays, folding, fc.nat(), (condition, life, delay, sides, shuffle) => {
        const rule = ConditionSchema.parse(condition);
        const specs = featureSpecsOf([rule], FATIGUE);
        const shuffled = [...life.events].sort(
          (a, b) => (((a.index + 1) * shuffle) % 7) - (((b.index + 1) * shuffle) % 7),
        );
        const features = foldInPortions(shuffled, sides, specs);
        expect(features).toEqual(JSON.parse(JSON.stringify(foldEvents({}, specs, life.events, NOW))));

        const now = NOW + delay;
        const kept = evaluate(rule, evaluationContextOf(life, now, featureSource(features, specs)));
        const raw = evaluate(rule, evaluationContextOf(life, now, timelineSource(shuffled)));
        const truthAt = (at: number) => naive(condition, naiveContext(life, at));
        expect(kept.is).toBe(truthAt(now));
        expect(raw).toEqual(kept);

        const real = nextChange(instantsToTry(condition, life.traits, life, now), kept.is, truthAt);
        const isEarly = checkAnnounced(kept.changesAt, real, now, isLeaf(condition));
        trees += Number(!isLeaf(condition));
        early += Number(isEarly);
        truths += Number(kept.is);
        changing += Number(real !== undefined);
      }),
      { numRuns: RUNS, seed: SEED },
    );
    expect(early / trees).toBeLessThan(0.01);
    // The cases say something: both truths, and many that change.
    expect(truths).toBeGreaterThan(RUNS / 6);
    expect(truths).toBeLessThan((RUNS * 5) / 6);
    expect(changing).toBeGreaterThan(RUNS / 6);
  });

  it('agrees in journeys over the timeline', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(conditions('journey'), lives, delays, runFacts, (condition, life, delay, run) => {
        const parsed = JourneyConditionSchema.parse(condition);
        const now = NOW + delay;
        const context: EvaluationContext = {
          ...evaluationContextOf(life, now, timelineSource(life.events)),
          data: run.data,
          run: {
            at: run.at,
            visitedAt: (node) => (node === 'remind' ? run.visitedAt : undefined),
            message: () => undefined,
            couponRedeemed: () => false,
          },
        };
        const truthAt = (at: number) =>
          naive(condition, {
            ...naiveContext(life, at),
            data: run.data,
            run: { at: run.at, visits: { remind: run.visitedAt } },
          });
        const verdict = evaluate(parsed, context);
        expect(verdict.is).toBe(truthAt(now));
        const tries = instantsToTry(condition, [life.traits, run.data], life, now);
        checkAnnounced(verdict.changesAt, nextChange(tries, verdict.is, truthAt), now, isLeaf(condition));
      }),
      { numRuns: RUNS / 4, seed: SEED },
    );
  });

  it('of tags that refer to tags is never late, instant after instant', { timeout: 120_000 }, () => {
    const onTag = fc.constantFrom({ tag: 'base' }, { not: { tag: 'base' } }, { tag: 'by-hand' });
    const rules = fc.tuple(conditions('rule'), conditions('rule', [onTag, onTag, onTag]));
    fc.assert(
      fc.property(rules, lives, ([base, top], life) => {
        const definitions = [base, top].map((condition) => ConditionSchema.parse(condition)) as [Condition, Condition];
        const ruled = definitions.map((condition, index) => {
          const id = index === 0 ? 'base' : 'top';
          return { kind: 'tag' as const, id, version: 1, definition: { name: id, if: condition } };
        });
        const onAt = (at: number): string[] => {
          const plain = naiveContext(life, at);
          const tags: Record<string, boolean> = { 'by-hand': true, base: naive(base, plain) };
          const isTop = naive(top, { ...plain, tags });
          return [...(tags.base ? ['base'] : []), 'by-hand', ...(isTop ? ['top'] : [])];
        };
        const { tag: _tag, segment: _segment, ...facts } = evaluationContextOf(life, NOW, timelineSource(life.events));
        const tries = instantsToTry({ base, top }, life.traits, life, NOW);

        let now: number | undefined = NOW;
        let held: ReturnType<typeof evaluateRules>['tags'] = { 'by-hand': { since: 1, by: 'api' } };
        for (let step = 0; now !== undefined && step < 6 && now < NOW + 60 * DAY; step += 1) {
          const at: number = now;
          const result = evaluateRules(ruled, { ...facts, now: at }, held);
          const on = onAt(at);
          expect(Object.keys(result.tags).sort()).toEqual(on);
          const until = result.changesAt ?? Number.POSITIVE_INFINITY;
          const isOther = (one: number): boolean => one > at && one < until && onAt(one).join() !== on.join();
          expect(tries.filter(isOther)).toEqual([]);
          held = result.tags;
          now = result.changesAt;
        }
      }),
      { numRuns: 600, seed: SEED },
    );
  });
});
