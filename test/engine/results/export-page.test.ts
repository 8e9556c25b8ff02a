import { expect, it } from 'vitest';
import type { ExportSpec } from '../../../core/jobs/export-spec.ts';
import { DomainError } from '../../../engine/errors.ts';
import { type ExportingDeps, exportPage } from '../../../engine/results/export-page.ts';
import { noExports } from '../../protocols/recounts.ts';

const SPEC: ExportSpec = { of: 'messages', from: 0, to: 1, format: 'csv' };
const JOB = { id: 'an-export', at: 0, work: { kind: 'export' as const, ...SPEC } };
const slow = new DomainError({ code: 'unavailable', detail: 'too long' });

/** The lake answers, one after the other; a file of 7 rows is there from an instant on. */
function exporting(answers: (Error | object[])[], writtenAt = Number.POSITIVE_INFINITY) {
  const clock = { now: 1_000 };
  const asked: unknown[] = [];
  const deps: ExportingDeps = {
    ...noExports,
    facts: {
      ask: async <Row>(question: object) => {
        asked.push(question);
        const answer = answers.shift();
        if (answer === undefined || answer instanceof Error) throw answer;
        return answer as Row[];
      },
    },
    exports: {
      rowsOf: async (key) => (key === 'exports/an-export.csv' && clock.now >= writtenAt ? 7 : undefined),
    },
    clock: () => clock.now,
    log: { error() {} },
  };
  /** All pages of the job. */
  const run = async () => {
    let pages = 0;
    for (let cursor: Record<string, unknown> | undefined; ; pages += 1) {
      const { next, rest = 0, ...page } = await exportPage(deps, JOB, { shard: 0, cursor });
      if (next === undefined) return { ...page, pages };
      // A store takes a cursor only if it is another.
      expect(next).not.toEqual(cursor);
      expect(rest).toBeGreaterThan(0);
      clock.now += rest * 1_000;
      cursor = next;
    }
  };
  return { run, asked };
}

it('asks once where the lake answers in time', async () => {
  const { run, asked } = exporting([[{ key: 'exports/an-export.csv', rows: 3 }]]);
  expect(await run()).toEqual({ done: 3, pages: 0 });
  expect(asked).toEqual([{ ...SPEC, query: 'export', id: 'an-export' }]);
});

it('looks for the file, and does not ask again, where it takes longer', async () => {
  const { run, asked } = exporting([slow], 60_000);
  expect([await run(), asked.length]).toEqual([{ done: 7, pages: 6 }, 1]);
});

it('fails where the file never comes', async () => {
  const { run } = exporting([slow]);
  expect(await run()).toMatchObject({ failed: 'The export was not written within 16 minutes. Ask for fewer days.' });
});

it('asks three times where the lake fails', async () => {
  const broken = new Error('no disk');
  expect(await exporting([broken, broken, [{ rows: 2 }]]).run()).toEqual({ done: 2, pages: 2 });
  expect(await exporting([broken, broken, broken]).run()).toEqual({
    done: 0,
    failed: 'The data lake could not be read.',
    pages: 2,
  });
});
