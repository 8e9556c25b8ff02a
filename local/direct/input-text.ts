import type { Json } from '../template.ts';

/** JSON in which bytes are base64, as both services' protocols have them. */
export const textOf = (input: Json): string => JSON.stringify(withoutBytes(input));

/** Bytes are rare: what has none is not copied. A function that `JSON.stringify` calls for each value would take longer than all else of it. */
function withoutBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  if (Array.isArray(value)) {
    let copy: unknown[] | undefined;
    for (let index = 0; index < value.length; index += 1) {
      const part = withoutBytes(value[index]);
      if (part === value[index]) continue;
      copy ??= [...(value as unknown[])];
      copy[index] = part;
    }
    return copy ?? value;
  }
  let copy: Json | undefined;
  for (const name in value) {
    const own = (value as Json)[name];
    const part = withoutBytes(own);
    if (part === own) continue;
    copy ??= { ...value };
    copy[name] = part;
  }
  return copy ?? value;
}
