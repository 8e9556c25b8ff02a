import type { AttributeValue } from './dynalite-validations.ts';

/** A number as DynamoDB writes it: without exponent, leading and trailing zeros. */
const PLAIN_NUMBER = /^(?:0|-?[1-9]\d{0,30}|-?(?:0|[1-9]\d{0,15})\.\d{0,14}[1-9])$/;

/** Whether an attribute's value is valid, and is kept as it is. Of sets dynalite looks for duplicates. */
export function isPlain(value: AttributeValue): boolean {
  let count = 0;
  for (const type in value) {
    count += 1;
    if (count > 1 || !isPlainOf(type, value[type])) return false;
  }
  return count === 1;
}

function isPlainOf(type: string, value: unknown): boolean {
  switch (type) {
    case 'S':
    case 'B':
    case 'BOOL':
      return true;
    case 'N':
      return typeof value === 'string' && PLAIN_NUMBER.test(value);
    case 'NULL':
      return value === true;
    case 'L':
      return Array.isArray(value) && value.every(isPlain);
    case 'M':
      for (const name in value as Record<string, AttributeValue>)
        if (!isPlain((value as Record<string, AttributeValue>)[name] ?? {})) return false;
      return true;
    default:
      return false;
  }
}
