/**
 * Bytes of an item as DynamoDB counts them: names and texts in UTF-8, numbers by their digits.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export const itemBytes = (item: Record<string, unknown>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + Buffer.byteLength(name) + valueBytes(value), 0);

/** Overhead of a list or a map; each element in it has another byte. */
const LIST_BYTES = 3;

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (typeof value === 'number') return Math.ceil(String(value).replace(/[-.]/g, '').length / 2) + 1;
  if (Array.isArray(value)) return value.reduce<number>((sum, one) => sum + 1 + valueBytes(one), LIST_BYTES);
  if (typeof value !== 'object' || value === null) return 1;
  return LIST_BYTES + itemBytes(value as Record<string, unknown>) + Object.keys(value).length;
}
