import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobStore } from '../../../adapters/dynamo/jobs.ts';
import { emptySnapshot } from '../../../core/catalog/build-snapshot.ts';
import type { CairnEvent } from '../../../core/events/event.ts';
import { type ExportSpec, exportPartKey, partsPrefix } from '../../../core/jobs/export-spec.ts';
import type { Job } from '../../../core/jobs/job.ts';
import { emptyActivity } from '../../../core/profiles/activity.ts';
import { mergedFact } from '../../../core/results/customer-facts.ts';
import type { ExportQuestion } from '../../../core/results/sql/exports.ts';
import { type JobDeps, runJob } from '../../../engine/jobs/run-job.ts';
import type { Outgoing } from '../../../engine/ports.ts';
import { exportFacts } from '../../../engine/results/export-facts.ts';
import { type ExportingDeps, FILE_SHARD } from '../../../engine/results/export-page.ts';
import type { ExportPart, ExportParts, Exports } from '../../../engine/results/ports.ts';
import { startTables, TABLES } from '../../protocols/tables.ts';
import { Died, lakeFolder } from './lake-folder.ts';

/** Every third instant: before a call or after it. */
const STRIDE = 3;
const NOW = Date.parse('2026-11-02T01:00:00Z');
const ALL: Pick<ExportSpec, 'from' | 'to' | 'format'> = { from: 0, to: NOW * 2, format: 'jsonl' };
let client: DynamoDBDocumentClient;
let stop: () => Promise<void>;
beforeAll(async () => {
  ({ client, stop } = await startTables());
});
afterAll(() => stop());

interface Person {
  events: number;
  traits?: Record<string, unknown>;
  mergedInto?: string;
  mergedFrom?: string[];
  isBroken?: boolean;
}
type Row = Record<string, unknown>;

/** Customers in memory, in shards as the index has them; `deathAt`: the n-th call of a store dies, before or after it was made. */
function world(id: string, of: 'profiles' | 'events', people: Record<string, Person>) {
  const folder = mkdtempSync(join(tmpdir(), 'parts-'));
  const lake = lakeFolder();
  const stored = new Map<string, { part: ExportPart; lines: number }>();
  const clock = { now: NOW };
  const faults = { calls: 0, deathAt: Number.POSITIVE_INFINITY };
  const queued: Outgoing[] = [];
  const logged: string[] = [];
  const files = new Map<string, { rows: number; text: string }>();
  const deletions: number[] = [];
  const call = async <Result>(work: () => Result | Promise<Result>): Promise<Result> => {
    faults.calls += 1;
    if (faults.calls === faults.deathAt) throw new Died();
    const result = await work();
    faults.calls += 1;
    if (faults.calls === faults.deathAt) throw new Died();
    return result;
  };
  const personOf = (key: string): Person => {
    const person = people[key];
    if (person?.isBroken) throw new TypeError('cannot be read');
    return person ?? { events: 0 };
  };
  const parts: ExportParts = {
    put: (job, place, part) =>
      call(() => {
        const key = exportPartKey(job, place);
        const standing = stored.get(key) ?? { part, lines: part.lines.length };
        stored.set(key, standing);
        return { lines: standing.lines, next: standing.part.next };
      }),
    list: async (job) => [...stored.keys()].filter((key) => key.startsWith(partsPrefix(job))),
    fetch: async (key, path) => {
      const { part, lines } = stored.get(key) ?? { part: { lines: [] }, lines: 0 };
      const all = [...part.lines, ...(part.next === undefined ? [] : [JSON.stringify({ next: part.next })])];
      writeFileSync(path, gzipSync(all.map((line) => `${line}\n`).join('')));
      return lines;
    },
    delete: (keys) =>
      call(() => {
        deletions.push(keys.length);
        for (const key of keys) stored.delete(key);
      }),
  };
  const exports: Exports = {
    rowsOf: async (key) => files.get(key)?.rows,
    put: (key, path, rows) => call(() => void files.set(key, { rows, text: readFileSync(path, 'utf8') })),
  };
  const shardOf = (key: string): number => (key.codePointAt(key.length - 1) ?? 0) % 3;
  const exporting = {
    parts,
    exports,
    facts: {
      ask: async (question: object) => [
        await exportFacts(
          { lake: lake.lake, engine: lake.engine, exports, parts, folder, pages: NO_PAGES },
          question as unknown as ExportQuestion,
        ),
      ],
    },
    jobs: jobStore(client, TABLES.catalog),
    profiles: {
      members: (_tag: string, shard: number, { limit, cursor }: { limit: number; cursor?: { after?: string } }) =>
        call(() => {
          const keys = Object.keys(people)
            .filter((key) => people[key]?.mergedInto === undefined && shardOf(key) === shard)
            .filter((key) => key > (cursor?.after ?? ''))
            .toSorted();
          const profiles = keys.slice(0, limit);
          return { profiles, next: keys.length > limit ? { after: profiles.at(-1) } : undefined };
        }),
      query: async (key: string) => {
        const { traits = {}, mergedInto, mergedFrom = [] } = personOf(key);
        const entries = Object.entries(traits).map(([name, value]) => [name, { value, ts: NOW, by: '' }]);
        return {
          activity: { ...emptyActivity(), version: 1, lastAt: NOW, mergedInto, mergedFrom },
          profile: {
            identity: { kind: 'user', id: `user-${key}` },
            pv: 1,
            traits: Object.fromEntries(entries),
            addresses: {},
          },
          consents: {},
        };
      },
      addressRecords: async () => new Map(),
    },
    profilePages: {
      timeline: async (key: string, { limit, cursor }: { limit: number; cursor?: { before: string } }) => {
        const { events } = personOf(key);
        const from = Number(cursor?.before ?? 0);
        const found = Array.from({ length: Math.min(limit, events - from) }, (_, n) => eventOf(key, from + n));
        return { events: found, ...(from + limit < events ? { next: { before: String(from + limit) } } : {}) };
      },
    },
    occurrences: { list: async () => ({ items: [] }) },
    catalog: { snapshot: async () => ({ snapshot: emptySnapshot() }) },
    clock: () => clock.now,
    log: { error: (message: string) => void logged.push(message) },
  } as unknown as ExportingDeps;
  const { jobs } = exporting as unknown as JobDeps;
  const advance: JobDeps['jobs']['advance'] = (...all) => call(() => jobs.advance(...all));
  const deps = {
    jobs: { ...jobs, advance },
    exporting,
    queue: { send: async (messages: Outgoing[]) => void queued.push(...messages) },
    pointerMaxAgeMs: 0,
    clock: () => clock.now,
  } as unknown as JobDeps;
  const job: Job = {
    id,
    work: { kind: 'export', of, ...ALL },
    members: '@all',
    shards: FILE_SHARD + 1,
    status: 'running',
    at: NOW,
    by: 'ann',
    done: 0,
  };
  /** Delivers what is queued until nothing is, each so often; what dies comes again. */
  const run = async (copies = 1, between: () => void = () => {}) => {
    await jobStore(client, TABLES.catalog).create(job);
    queued.push({ body: { job: id } });
    for (let message = queued.shift(); message !== undefined; message = queued.shift()) {
      clock.now += (message.delaySeconds ?? 0) * 1000;
      const body = message.body as { job: string };
      const tries = await Promise.allSettled(Array.from({ length: copies }, () => runJob(deps, body)));
      if (tries.every(({ status }) => status === 'rejected')) queued.push({ body });
      between();
    }
    const text = files.get(`exports/${id}.jsonl`)?.text ?? '';
    const rows = text.split('\n').flatMap((line): Row[] => (line === '' ? [] : [JSON.parse(line) as Row]));
    return { rows, job: await jobs.state(id).then((state) => state?.job) };
  };
  const close = () => {
    lake.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  return { run, close, faults, stored, logged, lake, people, deletions };
}

const NO_PAGES = { get: async () => undefined, getShared: async () => ({ duplicates: [], without: {} }) };
const eventOf = (key: string, n: number): CairnEvent => ({
  id: `${key}-${n}`,
  type: 'track',
  name: 'Looked',
  at: NOW - n,
  receivedAt: NOW,
  index: 0,
  key: 'server',
  properties: { n },
});
const many = (count: number, events = 1): Record<string, Person> =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`p${String(n).padStart(5, '0')}`, { events }]));
const idsOf = (rows: Row[], name = 'id') => rows.map((row) => String(row[name])).toSorted();

describe('an export of customers', () => {
  it('has each once, over many pages and parts, and deletes the parts', async () => {
    const { run, close, stored } = world('many', 'profiles', many(3_500));
    const { rows, job } = await run();
    expect(idsOf(rows)).toEqual(Object.keys(many(3_500)).map((key) => `user-${key}`));
    expect(job).toMatchObject({ status: 'done', done: 3_500 });
    expect(stored.size).toBe(0);
    close();
  });

  it.each(['profiles', 'events'] as const)('of %s has each once wherever an executor dies', async (of) => {
    const people = { ...many(40, 3), p99999: { events: 120 } };
    const whole = world(`whole-${of}`, of, people);
    const { rows: expected } = await whole.run();
    const calls = whole.faults.calls;
    whole.close();
    expect(expected).toHaveLength(of === 'profiles' ? 41 : 240);
    for (let deathAt = 1; deathAt <= calls; deathAt += STRIDE) {
      const { run, close, faults } = world(`death-${of}-${deathAt}`, of, people);
      faults.deathAt = deathAt;
      const { rows, job } = await run();
      close();
      expect(idsOf(rows, of === 'profiles' ? 'id' : 'messageId'), `${deathAt}`).toEqual(
        idsOf(expected, of === 'profiles' ? 'id' : 'messageId'),
      );
      expect(job, `${deathAt}`).toMatchObject({ status: 'done', done: expected.length });
    }
  });

  it('has each once where two executors are at it, and each message comes three times', async () => {
    const people = many(1_200, 2);
    const { run, close } = world('twice', 'events', people);
    let added = 0;
    // Somebody new is listed between two pages.
    const { rows, job } = await run(3, () => {
      added += 1;
      people[`p0000${added % 10}x`] = { events: 1 };
    });
    close();
    expect(new Set(idsOf(rows, 'messageId')).size).toBe(rows.length);
    for (const key of Object.keys(many(1_200)))
      expect(rows.filter(({ profileId }) => profileId === `user-${key}`)).toHaveLength(2);
    expect(job).toMatchObject({ status: 'done', done: rows.length });
  });

  it('is stopped by no customer', async () => {
    const strange = JSON.parse(
      '{"__proto__": {"polluted": true}, "half": "\\ud800", "\\udfff": 1, "zero": "a\\u0000b"}',
    );
    const people = {
      ...many(20),
      broken: { events: 1, isBroken: true },
      deep: { events: 1, traits: { deep: JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`) } },
      huge: { events: 1, traits: { huge: 'x'.repeat(7 * 1024 * 1024) } },
      large: { events: 1, traits: { large: 'x'.repeat(5 * 1024 * 1024) } },
      number: { events: 1, traits: { number: 1n as unknown } },
      strange: { events: 1, traits: { strange } },
    };
    const { run, close, logged } = world('strange', 'profiles', people);
    const { rows, job } = await run();
    close();
    expect(job).toMatchObject({ status: 'done', done: rows.length });
    const left = new Set(idsOf(rows).map((id) => id.replace('user-', '')));
    expect(Object.keys(people).filter((key) => !left.has(key))).toEqual(['broken', 'huge', 'number']);
    expect(new Set(logged).size).toBe(2);
    const text = JSON.stringify(rows.find(({ id }) => id === 'user-strange'));
    for (const part of ['"__proto__":{"polluted":true}', '"half":"\ufffd"', '"\ufffd":1', 'a\\u0000b'])
      expect(text).toContain(part);
  });
});

describe('a customer who is merged while the export goes on', () => {
  it('is in it once at most', async () => {
    const people: Record<string, Person> = {
      a0: { events: 1 },
      b0: { events: 1 },
      c1: { events: 1, mergedFrom: ['d1'] },
      d1: { events: 1 },
    };
    const { run, close, lake } = world('merged', 'profiles', people);
    await lake.write('a', { id: 'q', metricEvents: [mergedFact('a0', 'b0', NOW + 1)] });
    const { rows, job } = await run();
    close();
    expect(idsOf(rows)).toEqual(['user-b0', 'user-c1']);
    expect(job).toMatchObject({ status: 'done', done: 2 });
  });

  it('has each event once, also those that were on their way', async () => {
    const people: Record<string, Person> = {
      a0: { events: 3 },
      b0: { events: 2 },
      // All events of d1 are its own still, since it is fenced.
      c1: { events: 1, mergedFrom: ['d1'] },
      d1: { events: 4, mergedInto: 'c1' },
    };
    const { run, close, lake, stored } = world('moved', 'events', people);
    await lake.write('a', { id: 'q', metricEvents: [mergedFact('a0', 'b0', NOW + 1)] });
    let isMoved = false;
    const { rows } = await run(1, () => {
      if (isMoved || stored.size === 0) return;
      isMoved = true;
      // The survivor was read after the events of the other had come.
      const [key, standing] =
        [...stored].find(([, { part }]) => part.lines.some((line) => line.includes('b0-0'))) ?? [];
      if (key === undefined || standing === undefined) return;
      const moved = standing.part.lines
        .filter((line) => line.includes('"a0-'))
        .map((line) => line.replaceAll('"key":"a0"', '"key":"b0"'));
      stored.set(key, {
        lines: standing.lines + moved.length,
        part: { ...standing.part, lines: [...standing.part.lines, ...moved] },
      });
    });
    close();
    expect(idsOf(rows, 'messageId')).toEqual([
      'a0-0',
      'a0-1',
      'a0-2',
      'b0-0',
      'b0-1',
      'c1-0',
      'd1-0',
      'd1-1',
      'd1-2',
      'd1-3',
    ]);
    expect(rows.find(({ messageId }) => messageId === 'd1-0')).toMatchObject({ profileId: 'user-c1' });
  });
});
