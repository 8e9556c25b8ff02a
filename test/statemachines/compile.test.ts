import validate from 'asl-validator';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkReferences } from '../../core/journeys/check.ts';
import type { Journey } from '../../core/journeys/schema.ts';
import { checkMachine } from '../../statemachines/check.ts';
import { compileMachine, type StateMachineDefinition } from '../../statemachines/compile.ts';
import { targetsOf } from '../../statemachines/definition.ts';
import { DONE, journeyOf, viewOf } from '../core/journeys/builders.ts';
import { everyNode } from '../core/journeys/every-node.ts';
import { exampleJourneys } from '../core/journeys/examples.ts';
import { journeys, waysOf } from './arbitraries.ts';

const ARNS = {
  advanceRunArn: 'arn:aws:lambda:eu-west-1:123456789012:function:cairn-advance-run',
  registerTaskTokenArn: 'arn:aws:lambda:eu-west-1:123456789012:function:cairn-register-task-token',
};
const VARIANTS = ['first', 'resume'] as const;

const compile = (journey: Journey, variant: 'first' | 'resume' = 'first', id = 'j'): StateMachineDefinition =>
  compileMachine(journey, { id, version: 1, variant, ...ARNS });

/** asl-validator modifies its argument. */
const validated = (definition: StateMachineDefinition) => validate(structuredClone(definition)).errors;

const examples = exampleJourneys().flatMap(([id, journey]) => VARIANTS.map((variant) => ({ id, variant, journey })));

/** The journey's stops, by the definition alone. */
const isStop = (node: Journey['nodes'][string] | undefined): boolean =>
  node?.type === 'wait' || node?.type === 'wait-for' || (node?.type === 'task' && node.await !== undefined);

/** Every stop (or `end`) that some path of nodes reaches first. */
function comesTo(journey: Journey, ids: string[], seen = new Set<string>()): Set<string> {
  const found = new Set<string>();
  for (const id of ids.filter((one) => !seen.has(one))) {
    seen.add(id);
    const node = journey.nodes[id];
    if (node?.type === 'end') found.add('end of the run');
    else if (isStop(node)) found.add(id);
    else for (const other of comesTo(journey, waysOf(node), seen)) found.add(other);
  }
  return found;
}

/** Returns where the machine rests after a Task returned `next`: the state entered by then, or that the machine has ended. */
function follow(machine: StateMachineDefinition, name: string, next: string): string {
  const state = machine.States[name];
  if (state?.End === true || state?.Type === 'Succeed') return 'end of the run';
  if (state?.Type !== 'Choice') return name;
  const output = next === 'end of the run' ? 'end' : next;
  const rule = (state.Choices as { StringEquals: string; Next: string }[]).find((one) => one.StringEquals === output);
  return follow(machine, rule?.Next ?? String(state.Default), next);
}
const follows = (machine: StateMachineDefinition, task: string, next: string): string => {
  const state = machine.States[task];
  return state?.End === true ? 'end of the run' : follow(machine, String(state?.Next), next);
};

describe('a compiled journey', () => {
  it.each(examples)('is, for $id ($variant), what the golden file shows', async ({ id, variant, journey }) => {
    const definition = JSON.stringify(compile(journey, variant, id), undefined, 2);
    await expect(`${definition}\n`).toMatchFileSnapshot(`golden/${id}.${variant}.json`);
  });

  it.each(examples)('passes both checks: $id ($variant)', ({ journey, variant }) => {
    expect(validated(compile(journey, variant))).toEqual([]);
    expect(checkMachine(compile(journey, variant))).toEqual([]);
  });

  it('costs a new customer four transitions', () => {
    const [, journey] = exampleJourneys().find(([id]) => id === 'new-customer') ?? [];
    const { StartAt, States } = compile(journey ?? everyNode);
    const entered = [StartAt];
    for (let name = States[StartAt]?.Next; typeof name === 'string'; name = States[name]?.Next) entered.push(name);
    expect(entered).toEqual(['rest', 'after rest', 'look', 'after look']);
    expect(States['after look']).toMatchObject({ End: true });
  });

  it("has a literal timeout but where the stop may be an execution's first, or its instant the customer's own", () => {
    const way = (next: string) => ({ for: [{ event: 'E', next }] });
    const journey = journeyOf({
      first: { type: 'wait-for', timeout: '2d', onTimeout: 'second', ...way('second') },
      second: { type: 'wait-for', timeout: '2d', onTimeout: 'third', ...way('third') },
      third: { type: 'wait-for', timeout: { sinceEntry: '9d' }, onTimeout: 'fourth', ...way('fourth') },
      fourth: { type: 'wait-for', timeout: '0s', onTimeout: 'fifth', ...way('fifth') },
      fifth: { type: 'wait-for', timeout: '36500d', onTimeout: 'done', ...way('done') },
      done: DONE,
    });
    const timeouts = (variant: 'first' | 'resume') => {
      const { States } = compile(journey, variant);
      return Object.keys(journey.nodes)
        .filter((id) => id !== 'done')
        .map((id) => States[id]?.TimeoutSeconds ?? States[id]?.TimeoutSecondsPath);
    };
    expect(timeouts('first')).toEqual(['$.seconds', 172_800, '$.seconds', 1, 99_999_999]);
    expect(timeouts('resume')).toEqual(Array(5).fill('$.seconds'));
  });

  it('that never rests is a machine that ends at once', () => {
    const { States, StartAt } = compile(journeyOf({ a: { type: 'send', template: 't', next: 'done' }, done: DONE }));
    expect(States).toEqual({ [StartAt]: { Type: 'Succeed', Comment: expect.any(String) } });
  });

  it('calls Step Functions by the partition of the functions', () => {
    const { States } = compileMachine(everyNode, {
      id: 'j',
      version: 1,
      variant: 'first',
      advanceRunArn: 'arn:aws-cn:lambda:cn-north-1:123456789012:function:step',
      registerTaskTokenArn: 'arn:aws-cn:lambda:cn-north-1:123456789012:function:arm',
    });
    const resources = new Set(Object.values(States).flatMap((state) => state.Resource ?? []));
    expect(resources).toEqual(
      new Set(['arn:aws-cn:states:::lambda:invoke', 'arn:aws-cn:states:::lambda:invoke.waitForTaskToken']),
    );
  });

  it('is within the size that AWS takes, however large the journey', () => {
    const waits = Array.from({ length: 198 }, (_, index) => [
      `wait-${index}`,
      {
        type: 'wait-for',
        timeout: '1d',
        onTimeout: `wait-${index + 1}`,
        for: [{ event: 'E', next: `wait-${index + 1}` }],
      },
    ]);
    const journey = journeyOf({ ...Object.fromEntries(waits), 'wait-198': DONE });
    expect(checkMachine(compile(journey, 'first'))).toEqual([]);
    expect(checkMachine(compile(journey, 'resume'))).toEqual([]);
  });
});

describe('any journey that can be submitted', () => {
  const SETTINGS = { seed: 20261102, numRuns: 150 };
  const view = viewOf({ tags: ['vip'], 'coupon-pools': ['p'], templates: { t: ['push'] } });

  it('is one, as drawn here', () => {
    fc.assert(
      fc.property(journeys, (journey) => {
        expect(checkReferences('j', journey, view).errors).toEqual([]);
      }),
      SETTINGS,
    );
  });

  it('compiles to definitions in which nothing is wrong, the same every time', () => {
    fc.assert(
      fc.property(journeys, fc.constantFrom(...VARIANTS), (journey, variant) => {
        const machine = compile(journey, variant);
        expect(checkMachine(machine)).toEqual([]);
        expect(JSON.stringify(compile(structuredClone(journey), variant))).toBe(JSON.stringify(machine));
      }),
      SETTINGS,
    );
  });

  it('passes asl-validator', () => {
    fc.assert(
      fc.property(journeys, fc.constantFrom(...VARIANTS), (journey, variant) => {
        expect(validated(compile(journey, variant))).toEqual([]);
      }),
      { ...SETTINGS, numRuns: 15 },
    );
  });

  it('can begin at each stop that it can come to first, and in a later leg at every stop', () => {
    fc.assert(
      fc.property(journeys, (journey) => {
        const begin = (variant: 'first' | 'resume', stop: string) => {
          const machine = compile(journey, variant);
          return follow(machine, machine.StartAt, stop);
        };
        for (const stop of comesTo(journey, [journey.start])) {
          if (stop !== 'end of the run') expect(begin('first', stop)).toBe(stop);
        }
        for (const [id, node] of Object.entries(journey.nodes)) if (isStop(node)) expect(begin('resume', id)).toBe(id);
      }),
      SETTINGS,
    );
  });

  it('goes from each stop to every stop that its nodes lead to, and to no other', () => {
    fc.assert(
      fc.property(journeys, fc.constantFrom(...VARIANTS), (journey, variant) => {
        const machine = compile(journey, variant);
        for (const id of Object.keys(machine.States).filter((name) => isStop(journey.nodes[name]))) {
          const expected = comesTo(journey, waysOf(journey.nodes[id]));
          for (const task of targetsOf(machine.States[id] ?? { Type: 'Fail' }).filter((name) =>
            name.startsWith(`after ${id}`),
          )) {
            for (const next of expected) expect(follows(machine, task, next)).toBe(next);
            const choice = machine.States[String(machine.States[task]?.Next)];
            // One target for each, and the default: a fault.
            if (choice?.Type === 'Choice') expect(targetsOf(choice)).toHaveLength(expected.size + 1);
          }
        }
      }),
      SETTINGS,
    );
  });
});
