import { Drop } from 'liquidjs';
import type { Block } from '../content/block.ts';
import { chosen, type KnownItem } from '../content/choose.ts';
import { liquidVariables } from './liquid.ts';

/** A dropped block is false in Liquid's `if`, has the size 0, and is an empty list elsewhere. Liquid takes an empty list for true. */
class Dropped extends Drop {
  readonly size = 0;
  override valueOf(): undefined {
    return undefined;
  }
  override toString(): string {
    return '';
  }
  toJSON(): [] {
    return [];
  }
}

/** The `blocks` of Liquid for a customer with these traits: by name, the fields of each item that is shown. */
export const blocksForLiquid = (
  blocks: Readonly<Record<string, Block>>,
  items: readonly KnownItem[],
  traits: unknown,
  now: number,
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(blocks).map(([name, block]) => {
      const shown = chosen(block, items, traits, now).map(({ definition }) => definition.fields);
      return [name, shown.length === 0 ? new Dropped() : shown];
    }),
  );

/** Returns the fault in a text that uses a block which the template does not declare, or undefined if there is none. */
export function undeclaredBlock(source: string, blocks: Readonly<Record<string, unknown>> = {}): string | undefined {
  const declared = Object.keys(blocks);
  for (const path of liquidVariables(source)) {
    const [root, name] = path.split(/(?=[.[])/);
    if (root !== 'blocks') continue;
    const named = name?.startsWith('.') ? name.slice(1) : undefined;
    if (named !== undefined && declared.includes(named)) continue;
    if (declared.length === 0) return `the template has no blocks, so there is no ${path}`;
    return named === undefined
      ? `name a block: ${declared.map((one) => `blocks.${one}`).join(', ')}`
      : `there is no block ${named}: there are ${declared.join(', ')}`;
  }
  return undefined;
}
