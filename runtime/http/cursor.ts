import * as z from 'zod';
import { hashId } from '../../core/ids.ts';
import { invalidAt } from '../../engine/errors.ts';
import { wholeNumber } from './query.ts';

/** Where a list goes on: `handle-request.ts` has checked our signature. */
export const CursorSchema = z.string().min(1).optional().describe('`next` of the page before');

/** `?limit=&cursor=` of every list. */
export const PageQuerySchema = z.object({
  limit: wholeNumber(1, 200).default(50).describe('fewer come where so many are over 5 MB'),
  cursor: CursorSchema,
});

export type PageQuery = z.output<typeof PageQuerySchema>;

/** The answer of every list; `next` is there as long as there may be more. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

/** Where a list goes on, bound to the list by its path and filters. `handle-request.ts` signs it: clients get no other. */
export function writeCursor(scope: string, position: unknown): string {
  return Buffer.from(JSON.stringify([scopeHash(scope), position])).toString('base64url');
}

/** The position of a cursor of this list; undefined at its beginning. 422 where it is none of this list's. */
export function readCursor<Schema extends z.ZodType>(
  scope: string,
  schema: Schema,
  cursor: string | undefined,
): z.infer<Schema> | undefined {
  if (cursor === undefined) return undefined;
  try {
    const [hash, position] = z
      .tuple([z.string(), z.unknown()])
      .parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (hash === scopeHash(scope)) return schema.parse(position);
  } catch {
    // Falls through to the refusal: what exactly is wrong with an opaque string helps nobody.
  }
  throw wrongCursor();
}

export const wrongCursor = () => invalidAt('/query/cursor', 'The cursor is not one that this list gave.');

/** Of one page: a filter that finds next to nothing ends it short. */
const MAX_READS = 20;

interface Part<Item, Position> {
  items: Item[];
  next?: Position | undefined;
}

/** Of a page's items in an answer: Lambda hands over 6 MB, in which the body is a string of JSON, its quotes escaped. */
const MAX_PAGE_BYTES = 5_000_000;
const answerBytes = (item: unknown): number => Buffer.byteLength(JSON.stringify(JSON.stringify(item) ?? ''));

/**
 * Reads on until the page is full: stores filter after their limit, and say that they go on where nothing follows. Where so many items are
 * more than an answer takes, the page is read again with as many as fit.
 */
export async function fill<Item, Position>(
  { limit, from }: { limit: number; from: Position | undefined },
  read: (limit: number, from: Position | undefined) => Promise<Part<Item, Position>>,
): Promise<Part<Item, Position>> {
  const found = await filled({ limit, from }, read);
  const fitting = Math.max(1, countFitting(found.items));
  return fitting < found.items.length ? fill({ limit: fitting, from }, read) : found;
}

function countFitting(items: unknown[]): number {
  let bytes = 0;
  const first = items.findIndex((item) => {
    bytes += answerBytes(item);
    return bytes > MAX_PAGE_BYTES;
  });
  return first < 0 ? items.length : first;
}

async function filled<Item, Position>(
  { limit, from }: { limit: number; from: Position | undefined },
  read: (limit: number, from: Position | undefined) => Promise<Part<Item, Position>>,
): Promise<Part<Item, Position>> {
  const found = await readOn(limit, from, read);
  if (found.next === undefined || found.items.length < limit) return found;
  const after = await readOn(1, found.next, read);
  return after.items.length === 0 && after.next === undefined ? { items: found.items } : found;
}

async function readOn<Item, Position>(
  limit: number,
  from: Position | undefined,
  read: (limit: number, from: Position | undefined) => Promise<Part<Item, Position>>,
): Promise<Part<Item, Position>> {
  const items: Item[] = [];
  let next = from;
  for (let reads = 0; reads < MAX_READS && items.length < limit; reads += 1) {
    const part = await read(limit - items.length, next);
    items.push(...part.items);
    next = part.next;
    if (next === undefined) break;
  }
  return { items, next };
}

/** A page's answer. */
export function page<Item>(scope: string, items: Item[], position: unknown): { items: Item[]; next?: string } {
  return position === undefined ? { items } : { items, next: writeCursor(scope, position) };
}

const scopeHash = (scope: string): string => hashId('cursor', scope).slice(0, 8);
