import * as z from 'zod';
import { hashId } from '../../core/ids.ts';
import { invalidAt } from '../../engine/errors.ts';
import { wholeNumber } from './query.ts';

/** Cursor of a list: `handle-request.ts` has checked its signature. */
export const CursorSchema = z.string().min(1).optional().describe('`next` of the page before');

/** `?limit=&cursor=` of every list. */
export const PageQuerySchema = z.object({
  limit: wholeNumber(1, 200).default(50).describe('fewer come where so many are over 5 MB'),
  cursor: CursorSchema,
});

export type PageQuery = z.output<typeof PageQuerySchema>;

/** Response of every list; `next` is present as long as there may be more. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().optional() });

/** Writes a cursor that is bound to the list by its path and filters. `handle-request.ts` signs it: clients get no unsigned one. */
export function writeCursor(scope: string, position: unknown): string {
  return Buffer.from(JSON.stringify([scopeHash(scope), position])).toString('base64url');
}

/** Returns the position of a cursor of this list, or undefined at its start. Throws a 422 if the cursor is another list's. */
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
    // Falls through to the refusal: details about an opaque string would help nobody.
  }
  throw wrongCursor();
}

export const wrongCursor = () => invalidAt('/query/cursor', 'The cursor is not one that this list gave.');

/** Most reads of one page. A filter that finds little ends the page early. */
const MAX_READS = 20;

interface Part<Item, Position> {
  items: Item[];
  next?: Position | undefined;
}

/** Most bytes of a page's items in an answer. Lambda returns at most 6 MB, and the body is a JSON string with escaped quotes in it. */
const MAX_PAGE_BYTES = 5_000_000;
const answerBytes = (item: unknown): number => Buffer.byteLength(JSON.stringify(JSON.stringify(item) ?? ''));

/**
 * Reads until the page is full, because stores filter after their limit and may return a cursor although nothing follows. If the items are too large
 * for a response, the page is read again with as many as fit.
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
