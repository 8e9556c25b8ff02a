import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exitsOf, nextStops, restOf } from '../../../core/journeys/graph.ts';
import type { Journey } from '../../../core/journeys/schema.ts';
import type { WalkStart } from '../../../core/journeys/walk-ports.ts';
import type { Way } from '../../../core/runs/run.ts';
import { journeys } from '../../statemachines/arbitraries.ts';
import { evaluationContextOf, NOW, runOf, walkFrom } from './builders.ts';

const WAYS: Way[] = [
  { kind: 'waited' },
  { kind: 'timeout' },
  { kind: 'resolved', index: 0 },
  { kind: 'outcome', outcome: 'won' },
];

/** Every beginning of a walk: the start, and each stop by each way that it can be left. */
function beginnings(journey: Journey): { from: WalkStart; possible: ReturnType<typeof nextStops> }[] {
  const stops = Object.entries(journey.nodes).filter(([, node]) => restOf(node) !== undefined);
  return [
    { from: { kind: 'start' }, possible: nextStops(journey, [journey.start]) },
    ...stops.flatMap(([id, node]) => {
      const possible = nextStops(
        journey,
        exitsOf(node).map((exit) => exit.node),
      );
      return WAYS.map((way) => ({ from: { kind: 'stop', node: id, way } as const, possible }));
    }),
  ];
}

it('comes, whatever the customer, to a stop or end that the compiled journey knows, by nodes that it names', async () => {
  await fc.assert(
    fc.asyncProperty(journeys, fc.boolean(), fc.boolean(), fc.string(), async (journey, isVip, hasCodes, profile) => {
      for (const { from, possible } of beginnings(journey)) {
        const { plan } = await walkFrom(journey, from, {
          run: runOf({ profile }),
          ports: {
            context: async () => evaluationContextOf({ tag: () => ({ is: isVip }) }),
            draw: async () => (hasCodes ? { code: 'c', index: 0 } : undefined),
          },
        });
        if (plan.next.kind === 'stop') expect(possible.stops).toContain(plan.next.node);
        else expect([plan.next.kind, possible.ends]).toEqual(['end', true]);
        for (const action of plan.actions) {
          // A task that was not done in time is closed on leaving it.
          const nodes =
            action.kind === 'close-task' ? ['node' in from ? from.node : ''] : [...possible.passes, ...possible.stops];
          expect(nodes).toContain(action.node);
        }
        expect(plan.at).toBe(NOW);
      }
    }),
    { seed: 20261102, numRuns: 100 },
  );
});
