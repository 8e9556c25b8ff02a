import { escapePointer } from '../json-pointer.ts';

/** Renders Liquid; returns undefined if a variable is missing. */
type Render = (text: string) => Promise<unknown>;

/** Renders every string in a JSON value. A string that cannot be rendered is left out. */
export async function renderStrings(value: unknown, render: Render): Promise<unknown> {
  if (typeof value === 'string') return render(value);
  if (Array.isArray(value)) {
    const elements = await Promise.all(value.map((element) => renderStrings(element, render)));
    return elements.filter((element) => element !== undefined);
  }
  return typeof value === 'object' && value !== null ? renderRecord(value, render) : value;
}

export async function renderRecord(value: object, render: Render): Promise<Record<string, unknown>> {
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, element]) => [key, await renderStrings(element, render)] as const),
  );
  return Object.fromEntries(entries.filter(([, element]) => element !== undefined));
}

/** Returns every string in a JSON value, with its pointer. */
export function textsIn(value: unknown, path = ''): { path: string; text: string }[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, element]) => textsIn(element, `${path}/${escapePointer(key)}`));
}
