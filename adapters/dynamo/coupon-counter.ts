import { randomUUID } from 'node:crypto';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { unlessRefused } from './conditional-write.ts';
import { couponKey } from './coupon-items.ts';
import { allOf, expression } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { type Table, tableOf } from './table.ts';

/** Most indexes that a call takes: as many may be lost if it dies. */
const MAX_AT_ONCE = 10;

interface Waiting {
  done: (index: number | undefined) => void;
  failed: (error: unknown) => void;
}
interface Line {
  waiting: Waiting[];
  isServed: boolean;
  /** Whether the last call that took nothing was refused although the pool had room. */
  isOvertaken?: boolean;
  /** Size as last read; a pool only grows. */
  size: number;
  /** First index that was not taken when it was read first; undefined: never read. It only grows, too. */
  lowest?: Promise<number>;
}

/**
 * Counter of a pool, `HEAD` {next, size, op}, so that two draws never get the same index. Draws that arrive during a call wait for the next call,
 * which takes an index for each of them: DynamoDB writes an item at most about 1,000 times a second. `op` names the last call, so that a call whose
 * response was lost, and which the SDK repeats, takes nothing twice.
 */
export function couponCounter(client: DynamoDBDocumentClient, table: string) {
  const heads = tableOf(client, table);
  const lines = new Map<string, Line>();

  async function serve(pool: string, line: Line): Promise<void> {
    line.isServed = true;
    while (line.waiting.length > 0) {
      const batch = line.waiting.splice(0, MAX_AT_ONCE);
      try {
        const indexes = await take(heads, pool, line, batch.length);
        for (const [at, one] of batch.entries()) one.done(indexes[at]);
      } catch (error) {
        for (const one of batch) one.failed(error);
      }
    }
    line.isServed = false;
  }

  const lineOf = (pool: string): Line => {
    const line = lines.get(pool) ?? { waiting: [], isServed: false, size: 0 };
    lines.set(pool, line);
    return line;
  };

  return {
    /** Returns an index that no later call takes less than; read once for each pool, and eventually consistent. */
    async lowestIndex(pool: string): Promise<number> {
      const line = lineOf(pool);
      line.lowest ??= heads.getEventual(headKey(pool)).then((head) => Number(head?.next ?? 0));
      try {
        return await line.lowest;
      } catch (error) {
        delete line.lowest;
        throw error;
      }
    },

    /** Returns the next free index, or undefined if there is none left. */
    takeIndex(pool: string): Promise<number | undefined> {
      const line = lineOf(pool);
      return new Promise((done, failed) => {
        line.waiting.push({ done, failed });
        if (!line.isServed) void serve(pool, line);
      });
    },
  };
}

const headKey = (pool: string): Key => couponKey(pool, 'HEAD');

/** Takes this many indexes. Returns fewer if there are no more. */
async function take(heads: Table, pool: string, line: Line, count: number): Promise<number[]> {
  const together = count > 1 ? await advance(heads, pool, line, count) : undefined;
  if (together !== undefined) return Array.from({ length: count }, (_, at) => together + at);
  const indexes: number[] = [];
  for (let tries = 0; indexes.length < count && tries < count + MAX_OVERTAKEN; tries += 1) {
    const index = await advance(heads, pool, line, 1);
    if (index !== undefined) indexes.push(index);
    else if (!line.isOvertaken) break;
  }
  return indexes;
}

/** Most calls of one batch whose answers are lost while other calls come in between. */
const MAX_OVERTAKEN = 10;

/**
 * Returns the first of `count` new indexes, or undefined if there were not enough. For one index it uses the stored size, for several the size as
 * last read.
 */
async function advance(heads: Table, pool: string, line: Line, count: number): Promise<number | undefined> {
  const isThere =
    count === 1
      ? expression`#size > ${0} AND (attribute_not_exists(#next) OR #next < #size)`
      : expression`#next <= ${line.size - count}`;
  const op = randomUUID();
  const key = headKey(pool);
  const change = {
    set: { next: expression`if_not_exists(#next, ${0}) + ${count}`, op },
    when: allOf(isThere, expression`(attribute_not_exists(#op) OR #op <> ${op})`),
  };
  const advanced = await unlessRefused(heads.update(key, change, 'ALL_NEW'));
  if (advanced !== undefined) return taken(line, advanced, count);
  const head = await heads.get(key);
  if (head?.op === op) return taken(line, head, count);
  // Refused although there is room: this very call was carried out, its answer was lost, and another call has come since. Its index is lost.
  line.isOvertaken = Number(head?.next ?? 0) < Number(head?.size ?? 0);
  return undefined;
}

function taken(line: Line, head: Item, count: number): number {
  line.size = Number(head.size);
  line.lowest = Promise.resolve(Number(head.next));
  return Number(head.next) - count;
}
