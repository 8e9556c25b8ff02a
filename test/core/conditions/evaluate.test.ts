import { describe, expect, it } from 'vitest';
import { evaluate } from '../../../core/conditions/evaluate.ts';
import type { Condition } from '../../../core/conditions/schema.ts';
import type { Verdict } from '../../../core/conditions/verdict.ts';
import { context, DAY, event, NOW } from './builders.ts';

const days = (n: number): number => NOW + n * DAY;
const events = [event('A', days(-2)), event('B', days(-5)), event('C', days(-20))];
const evaluated = (condition: Condition, rest: Parameters<typeof context>[0] = {}): Verdict =>
  evaluate(condition, context({ events, ...rest }));

/** True until so many days from now on. */
const until = (n: number): Condition => ({ event: 'A', within: `${n + 2}d` });
/** True from so many days from now on. */
const from = (n: number): Condition => ({ event: 'A', last: { olderThan: `${n + 2}d` } });

describe('all, any and not', () => {
  it('turn when the first part makes the difference', () => {
    expect(evaluated({ all: [until(3), until(9)] })).toEqual({ is: true, changesAt: days(3) });
    expect(evaluated({ any: [from(9), from(3)] })).toEqual({ is: false, changesAt: days(3) });
    expect(evaluated({ not: until(3) })).toEqual({ is: false, changesAt: days(3) });
  });

  it('turn when the last part has made the difference', () => {
    expect(evaluated({ any: [until(3), until(9)] })).toEqual({ is: true, changesAt: days(9) });
    expect(evaluated({ all: [from(9), from(3)] })).toEqual({ is: false, changesAt: days(9) });
  });

  it('do not turn while another part takes over', () => {
    expect(evaluated({ any: [until(3), from(2)] })).toEqual({ is: true });
    expect(evaluated({ any: [until(3), from(3)] })).toEqual({ is: true });
    expect(evaluated({ any: [until(3), { all: [from(2), until(7)] }] })).toEqual({ is: true, changesAt: days(7) });
    expect(evaluated({ all: [from(3), until(2)] })).toEqual({ is: false });
  });

  it('never turn where a part that decides never does', () => {
    expect(evaluated({ any: [{ event: 'A' }, until(3)] })).toEqual({ is: true });
    expect(evaluated({ all: [{ event: 'Never' }, until(3)] })).toEqual({ is: false });
  });

  it('look again when a tag turns that they depend on', () => {
    const tag = (): Verdict => ({ is: true, changesAt: days(4) });
    expect(evaluated({ all: [{ tag: 'x' }, until(9)] }, { tag })).toEqual({ is: true, changesAt: days(4) });
    // Whether the tag is on again after nine days is not known here.
    expect(evaluated({ any: [{ tag: 'x' }, until(9)] }, { tag })).toEqual({ is: true, changesAt: days(9) });
    expect(evaluated({ any: [{ tag: 'x' }, { segment: 'y' }] }, { tag })).toEqual({ is: true, changesAt: days(4) });
  });
});
