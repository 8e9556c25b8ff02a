import * as z from 'zod';

interface ChosenUnionDef extends z.core.$ZodUnionDef {
  /** The option that the value means to be, or what is wrong with it. */
  choose: (value: unknown) => z.core.$ZodType | string;
}
interface ChosenUnion extends z.ZodType {
  _zod: z.core.$ZodTypeInternals & { def: ChosenUnionDef };
}

/**
 * A union that first sees which option is meant and then reports only that option's faults, each at its own path; z.union
 * would report every option's. To everything else (JSON Schema, types) it is a union.
 */
const ChosenUnion = z.core.$constructor('ChosenUnion', (inst: ChosenUnion, def: ChosenUnionDef) => {
  // A union's own initialiser asks for its own type; ours has all of it.
  z.ZodUnion.init(inst as unknown as z.ZodUnion, def);
  inst._zod.parse = (payload, context) => {
    const chosen = def.choose(payload.value);
    if (typeof chosen !== 'string') return chosen._zod.run(payload, context);
    payload.issues.push({ code: 'custom', message: chosen, input: payload.value, inst });
    return payload;
  };
});

/** A union whose options are told apart by `choose`; see `ChosenUnion`. */
export function chosenUnion<T>(
  options: readonly z.ZodType<T>[],
  choose: (value: unknown) => z.core.$ZodType | string,
): z.ZodType<T> {
  // What `choose` returns is one of the options, and those give a T.
  return new ChosenUnion({ type: 'union', options, choose }) as unknown as z.ZodType<T>;
}

/** A union of objects, each known by a field that only it has. The first field of the table that is present counts. */
export function keyedUnion<T>(
  table: () => Readonly<Record<string, z.ZodType<T>>>,
  what: string,
  refused: Readonly<Record<string, string>> = {},
): z.ZodType<T> {
  return z.lazy(() => {
    const byKey = table();
    const names = Object.keys(byKey).join(', ');
    return chosenUnion(Object.values(byKey), (value) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return `must be ${what}: an object`;
      for (const [key, option] of Object.entries(byKey)) if (Object.hasOwn(value, key)) return option;
      for (const [key, message] of Object.entries(refused)) if (Object.hasOwn(value, key)) return message;
      return `must be ${what} with one of ${names}`;
    });
  });
}
