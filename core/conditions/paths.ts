/**
 * The values at the end of a dotted path. On the way a list stands for each of its elements; a list at the end is one value
 * (see `elementsOf`). `null` counts as absent. A key that itself contains dots is found at the first level.
 */
export function valuesAt(root: unknown, path: string): unknown[] {
  if (isRecord(root) && Object.hasOwn(root, path)) return present(root[path]);
  return path.split('.').reduce<unknown[]>(step, [root]);
}

function step(values: unknown[], key: string): unknown[] {
  return elementsOf(values)
    .flatMap((value) => (isRecord(value) && Object.hasOwn(value, key) ? [present(value[key])] : []))
    .flat();
}

const present = (value: unknown): unknown[] => (value === undefined || value === null ? [] : [value]);

/** Lists resolved into their elements, at every depth. */
export const elementsOf = (values: readonly unknown[]): unknown[] =>
  values.some(Array.isArray) ? values.flat(Number.POSITIVE_INFINITY).filter((value) => value !== null) : [...values];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
