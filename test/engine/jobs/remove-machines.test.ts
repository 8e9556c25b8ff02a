import { describe, expect, it } from 'vitest';
import type { Head } from '../../../core/definitions/definition.ts';
import type { Run } from '../../../core/runs/run.ts';
import { supersededVersions } from '../../../engine/definitions/superseded-versions.ts';
import {
  type RemovalDeps,
  removalPage,
  type StartRemovalsDeps,
  startRemovals,
} from '../../../engine/jobs/remove-machines.ts';
import { noRemoval } from '../../protocols/recounts.ts';

const DAY = 24 * 3_600_000;
const NOW = Date.parse('2026-11-02T03:23:00Z');
const ago = (days: number) => NOW - days * DAY;

interface Known {
  head?: Partial<Head>;
  /** Days since each version was published; absent: never. With what it pins, and whether its machines were removed so many days ago. */
  versions: { n: number; at?: number; published?: number; pins?: Record<string, number>; removed?: number }[];
}

type Definitions = RemovalDeps['definitions'] & StartRemovalsDeps['definitions'];

function definitionsOf(journeys: Record<string, Known>): Definitions & { marked: string[]; unlisted: string[] } {
  const marked: string[] = [];
  const unlisted: string[] = [];
  const heads = Object.entries(journeys).map(([id, { head, versions }]) => {
    const latest = Math.max(...versions.map(({ n }) => n));
    const usual = { rev: 1, latest, published: latest, status: 'published' as const, hash: '', authors: [] };
    return { id, head: { ...usual, ...head } };
  });
  return {
    marked,
    unlisted,
    list: async () => ({ items: heads.filter(({ head }) => !head.deleted) }),
    listDeleted: async () => ({ items: heads.filter(({ head }) => head.deleted) }),
    unlistDeleted: async (id, rev) => void unlisted.push(`${id} ${rev}`),
    versions: async (_kind, id, { before }) =>
      // The adapter's query of what is before version 1 is refused.
      before === 1
        ? Promise.reject(new Error('nothing is before version 1'))
        : ((journeys[id]?.versions ?? [])
            .toReversed()
            .filter(({ n }) => n < (before ?? 1_000))
            .slice(0, 2)
            .map(({ n, published, pins = {}, removed, at = published ?? 0 }) => ({
              n,
              at: ago(at),
              ...(published === undefined
                ? {}
                : { publishedAt: ago(published), pins: { templates: {}, journeys: pins } }),
              ...(removed === undefined ? {} : { removedAt: ago(removed) }),
            })) as never),
    markRemoved: async (_kind, id, n) => void marked.push(`${id} ${n}`),
  };
}
const superseded = async (journeys: Record<string, Known>) =>
  Object.fromEntries(
    ((await supersededVersions(definitionsOf(journeys), NOW))?.superseded ?? []).map(({ id, versions }) => [
      id,
      versions,
    ]),
  );

describe('a version needs its state machines no more', () => {
  const old = { n: 1, published: 300 };

  it.each<[string, Known, number[] | undefined]>([
    ['90 days after another took its place', { versions: [old, { n: 2, published: 90 }] }, [1]],
    ['not before', { versions: [old, { n: 2, published: 89 }] }, undefined],
    ['not while it is live, however old', { versions: [old] }, undefined],
    ['not because of a draft', { head: { published: 1 }, versions: [old, { n: 2, at: 200 }] }, undefined],
    [
      'nor a draft that was tested, once another was written',
      {
        versions: [
          { n: 1, at: 200 },
          { n: 2, published: 100 },
        ],
      },
      [1],
    ],
    ['nor a draft that was discarded', { head: { latest: 1, published: 1 }, versions: [old, { n: 2, at: 100 }] }, [2]],
    [
      'once',
      {
        versions: [
          { ...old, removed: 5 },
          { n: 2, published: 90 },
        ],
      },
      undefined,
    ],
    [
      '90 days after its journey was archived',
      { head: { status: 'archived', published: undefined, archivedUpTo: 1, archivedAt: ago(90) }, versions: [old] },
      [1],
    ],
    [
      'not sooner',
      { head: { status: 'archived', published: undefined, archivedUpTo: 1, archivedAt: ago(89) }, versions: [old] },
      undefined,
    ],
    [
      '90 days after its journey was deleted',
      {
        head: { deleted: true, removeMachinesAfter: NOW },
        versions: [
          { ...old, removed: 5 },
          { n: 2, published: 91 },
          { n: 3, at: 91 },
        ],
      },
      [3, 2],
    ],
    ['nor then sooner', { head: { deleted: true, removeMachinesAfter: NOW + 1 }, versions: [old] }, undefined],
  ])('%s', async (_title, known, versions) => {
    expect((await superseded({ j: known })).j).toEqual(versions);
  });

  it.each<[string, Known, number[] | undefined]>([
    ['not while a live journey pins it', { versions: [{ n: 1, published: 200, pins: { j: 1 } }] }, undefined],
    [
      'nor one that has superseded versions with runs',
      {
        versions: [
          { n: 1, published: 200, pins: { j: 1 } },
          { n: 2, published: 100, pins: { j: 2 } },
        ],
      },
      undefined,
    ],
    [
      'nor one that is submitted',
      {
        head: { published: undefined, status: 'submitted', pins: { templates: {}, journeys: { j: 1 } } },
        versions: [{ n: 1, at: 150 }],
      },
      undefined,
    ],
    [
      'nor one that was removed a while ago, whose messages may still come',
      {
        versions: [
          { n: 1, published: 200, pins: { j: 1 }, removed: 29 },
          { n: 2, published: 100 },
        ],
      },
      undefined,
    ],
    [
      'after that',
      {
        versions: [
          { n: 1, published: 200, pins: { j: 1 }, removed: 30 },
          { n: 2, published: 100 },
        ],
      },
      [1],
    ],
  ])('%s', async (_title, parent, versions) => {
    const journeys = { j: { versions: [old, { n: 2, published: 100 }] }, parent };
    expect((await superseded(journeys)).j).toEqual(versions);
  });
});

describe('the removal of state machines', () => {
  const journeys = { j: { versions: [1, 2, 3, 4].map((n) => ({ n, published: 500 - 100 * n })) } };
  const run = (version: number, more: Partial<Run> = {}) => ({ version, status: 'open', ...more }) as Run;

  async function removed(runs: Run[]) {
    const gone: string[] = [];
    const definitions = definitionsOf(journeys);
    const removal: RemovalDeps = {
      ...noRemoval,
      definitions,
      machines: { remove: async (name) => void gone.push(name) },
      clock: () => NOW,
    };
    const store = {
      byJourney: async (_journey: string, { limit, cursor }: { limit: number; cursor?: Record<string, unknown> }) => {
        const from = Number(cursor?.from ?? 0);
        const entries = runs.slice(from, from + limit).map((_, index) => String(from + index));
        return { entries, ...(from + limit < runs.length ? { next: { from: from + limit } } : {}) };
      },
      getAll: async (entries: readonly string[]) => entries.flatMap((entry) => runs[Number(entry)] ?? []),
    };
    const work = { kind: 'remove-machines' as const, journey: 'j', versions: [3, 2, 1] };
    let cursor: Record<string, unknown> | undefined;
    let done = 0;
    do {
      const page = await removalPage({ runs: store, removal }, work, { limit: 2, cursor });
      done += page.done;
      // As the job's item keeps it.
      cursor = page.next && JSON.parse(JSON.stringify(page.next));
    } while (cursor !== undefined);
    return { gone, marked: definitions.marked, done };
  }

  it('takes both machines of each version', async () => {
    expect(await removed([])).toEqual({
      gone: ['cairn-j-v3', 'cairn-j-v3r', 'cairn-j-v2', 'cairn-j-v2r', 'cairn-j-v1', 'cairn-j-v1r'],
      marked: ['j 3', 'j 2', 'j 1'],
      done: 3,
    });
  });

  it('leaves those on which a run has not ended, whatever page it is on', async () => {
    const runs = [run(4), run(1, { status: 'parked' }), run(2, { status: 'closed' }), run(4), run(4)];
    expect((await removed(runs)).marked).toEqual(['j 3', 'j 2']);
    expect((await removed([run(2, { migrating: { version: 3, node: 'a' } })])).marked).toEqual(['j 1']);
    expect((await removed([run(3, { status: 'entering' })])).marked).toEqual(['j 2', 'j 1']);
  });

  it('starts once a week for each journey, and again if its job has not ended', async () => {
    const jobs = new Map<string, { id: string; status: string }>();
    const sent: unknown[] = [];
    const deps = (now: number) => ({
      definitions: definitionsOf(journeys),
      jobs: {
        get: async (id: string) => jobs.get(id),
        create: async (job: { id: string; status: string }) => !jobs.has(job.id) && jobs.set(job.id, job) !== undefined,
      } as never,
      queues: { jobs: { send: async (messages: unknown[]) => void sent.push(...messages) } },
      clock: () => now,
      log: { warn() {} },
    });
    await startRemovals(deps(NOW));
    expect([...jobs.values()]).toMatchObject([{ work: { journey: 'j', versions: [3, 2, 1] }, by: 'cairn' }]);
    await startRemovals(deps(NOW + 1));
    expect(sent).toHaveLength(2);
    for (const job of jobs.values()) job.status = 'done';
    await startRemovals(deps(NOW + 2));
    expect(sent).toHaveLength(2);
    await startRemovals(deps(NOW + 7 * DAY));
    expect(jobs.size).toBe(2);
  });

  it('forgets a deleted journey whose versions have none left', async () => {
    const deleted = { deleted: true, removeMachinesAfter: NOW - 1 };
    const definitions = definitionsOf({
      gone: { head: { ...deleted, rev: 7 }, versions: [{ n: 1, published: 300, removed: 1 }] },
      left: { head: deleted, versions: [{ n: 1, published: 300 }] },
    });
    const created: unknown[] = [];
    await startRemovals({
      definitions,
      jobs: { get: async () => undefined, create: async (job: unknown) => created.push(job) > 0 } as never,
      queues: { jobs: { send: async () => undefined } },
      clock: () => NOW,
      log: { warn() {} },
    });
    expect(definitions.unlisted).toEqual(['gone 7']);
    expect(created).toMatchObject([{ work: { journey: 'left', versions: [1] } }]);
  });
});
