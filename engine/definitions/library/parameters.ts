import type { LibraryEntry } from './entry.ts';

type Json = Record<string, unknown>;
type Values = Readonly<Record<string, unknown>>;

/** Returns the names in `values` that the entry does not have. */
export const unknownParameters = (entry: LibraryEntry, values: Values): string[] =>
  Object.keys(values).filter((name) => !Object.hasOwn(entry.parameters, name));

/** Returns the entry's own value of each parameter. */
export const defaultsOf = ({ definition, parameters }: LibraryEntry): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, [first]]) => {
      const { holder, key } = place(definition, first ?? '');
      return [name, holder[key]];
    }),
  );

/** Returns the entry's definition with these values in their places. The kind's schema checks the values later. */
export function withParameters(entry: LibraryEntry, values: Values): object {
  const definition = structuredClone(entry.definition);
  for (const [name, value] of Object.entries(values)) {
    for (const at of entry.parameters[name] ?? []) {
      const { holder, key } = place(definition, at);
      holder[key] = value;
    }
  }
  return definition;
}

/** Converts a path into the definition to one into the request with these parameters; the whole request if no parameter is at fault. */
export function pathOfParameter({ parameters }: LibraryEntry, values: Values, path: string): string {
  for (const name of Object.keys(values)) {
    const at = parameters[name]?.find((one) => path === one || path.startsWith(`${one}/`));
    if (at !== undefined) return `/parameters/${name}${path.slice(at.length)}`;
  }
  return '';
}

/** Pointers are our own, without escapes. @throws if one points to nothing */
function place(definition: object, pointer: string): { holder: Json; key: string } {
  const keys = pointer.split('/').slice(1);
  const key = keys.pop();
  let holder = definition as Json; // of JSON, each object and list is one
  for (const step of keys) holder = (holder[step] ?? {}) as Json;
  if (key === undefined || !Object.hasOwn(holder, key)) throw new Error(`the library has nothing at ${pointer}`);
  return { holder, key };
}
