import * as z from 'zod';
import type { Head } from '../../../core/definitions/definition.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import type { Deps } from '../dependencies.ts';

export const PilotSchema = lazySchema(() =>
  z.object({
    pilot: z
      .object({ size: z.int(), entered: z.int(), continued: z.boolean() })
      .describe('of the live version: how many have a place; the others wait as `entering` runs until it is continued'),
  }),
);

/** The pilot of the live version, if it has one. */
export async function pilotOf(
  deps: Deps,
  id: string,
  { published }: Head,
): Promise<{ pilot: { size: number; entered: number; continued: boolean } } | undefined> {
  if (published === undefined) return undefined;
  const version = await deps.definitions.version('journeys', id, published);
  const size = version?.definition.pilot;
  if (size === undefined) return undefined;
  const { pointer } = await deps.catalog.snapshot();
  const entered = await deps.pilots.entered(id, published);
  return { pilot: { size, entered, continued: published <= (pointer.continued?.[id] ?? 0) } };
}
