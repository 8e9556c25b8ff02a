import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** JSON above this many characters is stored compressed: below it, the CPU time costs more than the bytes. */
const WORTH_DEFLATING = 700;

/** Returns a value as an attribute: a JSON string, or its compressed bytes if they are smaller. */
export function compress(value: unknown): string | Uint8Array {
  const json = JSON.stringify(value);
  return json.length < WORTH_DEFLATING ? json : deflateRawSync(json, { level: 6 });
}

/** Inverse of `compress`. The caller names the type, because only `compress` ever wrote the attribute. */
export function decompress<Value>(stored: unknown): Value {
  const json = typeof stored === 'string' ? stored : inflateRawSync(stored as Uint8Array).toString('utf8');
  return JSON.parse(json) as Value;
}

/** Returns the number of bytes that the compressed value takes in an item. */
export function compressedBytes(value: unknown): number {
  const compressed = compress(value);
  return typeof compressed === 'string' ? Buffer.byteLength(compressed) : compressed.length;
}
