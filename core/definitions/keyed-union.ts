import * as z from 'zod';
// Not imported from `z.core`: that namespace adds all locales (340 kB) to every bundle.
import { $constructor } from 'zod/v4/core';

type Option = z.core.$ZodType;
/** Returns the option that a value is meant for, or the fault. */
type Choose = (value: unknown) => Option | string | { path: string[]; message: string };

interface ChosenUnionDef extends z.core.$ZodUnionDef {
  choose: Choose;
}
interface ChosenUnion extends z.ZodUnion {
  _zod: z.ZodUnion['_zod'] & { def: ChosenUnionDef };
}

/**
 * A union that first decides which option is meant, and then reports only that option's faults, each at its own path; z.union would report those of
 * every option. For everything else (types, JSON Schema) it is a union.
 */
const ChosenUnion: z.core.$constructor<ChosenUnion, ChosenUnionDef> = $constructor(
  'ChosenUnion',
  (inst: ChosenUnion, def: ChosenUnionDef) => {
    const union: z.core.$constructor<z.ZodUnion, ChosenUnionDef> = z.ZodUnion;
    union.init(inst, def);
    inst._zod.parse = (payload, context) => {
      const chosen = def.choose(payload.value);
      if (typeof chosen === 'object' && '_zod' in chosen) return chosen._zod.run(payload, context);
      const issue = typeof chosen === 'string' ? { message: chosen } : chosen;
      payload.issues.push({ code: 'custom', input: payload.value, inst, ...issue });
      return payload;
    };
  },
);

/** A union whose option is chosen by `choose`. */
export function chosenUnion<T>(options: readonly z.ZodType<T>[], choose: Choose): z.ZodType<T> {
  // The class is not generic in its options; its output is that of one of them.
  return new ChosenUnion({ type: 'union', options, choose }) as z.ZodType as z.ZodType<T>;
}

/** A union of schemas for different `typeof`s; `otherwise` is the message for every other value. */
export const typedUnion = <T>(byType: Readonly<Record<string, z.ZodType<T>>>, otherwise: string): z.ZodType<T> =>
  chosenUnion(Object.values(byType), (value) => byType[typeof value] ?? otherwise);

interface Refusals {
  /** Fields that are not accepted here, with the reason. */
  refused?: Readonly<Record<string, string>>;
  /** Returns a fault that is reported before all others. */
  first?: (value: object) => string | undefined;
}

/** A union of objects, each recognised by a field that only it has. The first field of the table that is present decides. */
export function keyedUnion<T>(
  table: Readonly<Record<string, z.ZodType<T>>>,
  what: string,
  { refused = {}, first }: Refusals = {},
): z.ZodType<T> {
  const names = Object.keys(table).join(', ');
  return chosenUnion(Object.values(table), (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `must be ${what}: an object with one of ${names}`;
    const wrong = first?.(value);
    if (wrong !== undefined) return wrong;
    const key = Object.keys(table).find((name) => Object.hasOwn(value, name));
    const why = Object.keys(refused).find((name) => Object.hasOwn(value, name));
    return (key && table[key]) ?? (why && refused[why]) ?? `must be ${what}: an object with one of ${names}`;
  });
}
