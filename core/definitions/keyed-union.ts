import * as z from 'zod';
// Not by `z.core`: that namespace carries all locales (340 kB) into every bundle.
import { $constructor } from 'zod/v4/core';

type Option = z.core.$ZodType;
/** The option that a value means to be, or what is wrong with it. */
type Choose = (value: unknown) => Option | string | { path: string[]; message: string };

interface ChosenUnionDef extends z.core.$ZodUnionDef {
  choose: Choose;
}
interface ChosenUnion extends z.ZodUnion {
  _zod: z.ZodUnion['_zod'] & { def: ChosenUnionDef };
}

/**
 * A union that first sees which option is meant and then reports only that option's faults, each at its own path; z.union
 * would report every option's. To everything else (types, JSON Schema) it is a union.
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

/** A union whose options are told apart by `choose`. */
export function chosenUnion<T>(options: readonly z.ZodType<T>[], choose: Choose): z.ZodType<T> {
  // The class is not generic in its options; what it gives is what one of them gives.
  return new ChosenUnion({ type: 'union', options, choose }) as z.ZodType as z.ZodType<T>;
}

/** A union of schemas for different `typeof`s; `otherwise` is said of every other value. */
export const typedUnion = <T>(byType: Readonly<Record<string, z.ZodType<T>>>, otherwise: string): z.ZodType<T> =>
  chosenUnion(Object.values(byType), (value) => byType[typeof value] ?? otherwise);

interface Refusals {
  /** Fields of objects that are not taken here, with the reason. */
  refused?: Readonly<Record<string, string>>;
  /** What is wrong before anything else is looked at. */
  first?: (value: object) => string | undefined;
}

/** A union of objects, each known by a field that only it has; the first field of the table that is present counts. */
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
