import type { AttributeValue, Db, Expressions, Validations } from './dynalite-validations.ts';
import { isPlain } from './plain-values.ts';
import type { Json } from './template.ts';

/** Each expression, and where dynalite puts what it has parsed. */
const EXPRESSIONS = [
  ['UpdateExpression', '_updates'],
  ['ConditionExpression', '_condition'],
  ['KeyConditionExpression', '_keyCondition'],
  ['FilterExpression', '_filter'],
  ['ProjectionExpression', '_projection'],
] as const;

type Values = Record<string, AttributeValue>;
/** Makes a part of what was parsed anew, with other values. */
type Build = (values: Values) => unknown;
interface Memo {
  parts: [field: string, build: Build][];
  /** Bounds of each BETWEEN: the lower must not be above the upper. */
  bounds: [lower: Build, upper: Build][];
}
/** A function whose validity depends on a value, not only on its type. */
const OF_VALUE = /attribute_type/i;
const MAX_KEPT = 2_000;

/** Parses expressions once for their texts, names and the values' types, and then fills in the values. */
export function remembering(
  { validateExpressions: validate, validateAttributeValue }: Omit<Validations, 'checkTypes'>,
  db: Db,
): Validations['validateExpressions'] {
  const memos = new Map<string, Memo>();
  return (data) => {
    const { ExpressionAttributeNames: names, ExpressionAttributeValues: given } = data;
    const values = given ?? {};
    // DynamoDB refuses empty values in other words than absent ones.
    const types: string[] | undefined = given && [];
    for (const name in values) {
      const value = values[name] ?? {};
      // As dynalite does first.
      if (!isPlain(value) && validateAttributeValue(value)) return validate(data);
      types?.push(name, ...Object.keys(value));
    }
    const key = JSON.stringify([EXPRESSIONS.map(([text]) => data[text]), names, types]);
    const memo = memos.get(key);
    const isKnown = memo?.bounds.every(([lower, upper]) => !db.compare('GT', lower(values), upper(values)));
    if (memo !== undefined && isKnown) {
      for (const [field, build] of memo.parts) data[field] = build(values);
      return undefined;
    }
    const wrong = validate(data);
    if (wrong || OF_VALUE.test(key)) return wrong;
    if (memos.size >= MAX_KEPT) memos.clear();
    memos.set(key, memoOf(data, values));
    return undefined;
  };
}

function memoOf(data: Expressions, values: Values): Memo {
  const names = new Map(Object.entries(values).map(([name, value]) => [value as unknown, name]));
  const bounds: Memo['bounds'] = [];
  const build = (node: unknown): Build => {
    const name = names.get(node);
    if (name !== undefined) return (given) => given[name];
    if (typeof node !== 'object' || node === null || isPath(node) || Object.getPrototypeOf(node) === null)
      return () => node;
    if (Array.isArray(node)) {
      const parts = node.map(build);
      return (given) => parts.map((part) => part(given));
    }
    const parts = Object.entries(node).map(([field, part]) => [field, build(part)] as const);
    const { type, args } = node as { type?: string; args?: unknown[] };
    if (type === 'between') {
      const [, lower, upper] = args ?? [];
      if (names.has(lower) && names.has(upper)) bounds.push([build(lower), build(upper)]);
    }
    return (given) => {
      const made: Json = {};
      for (const [field, part] of parts) made[field] = part(given);
      return made;
    };
  };
  const parts = EXPRESSIONS.flatMap(([, field]): Memo['parts'] =>
    data[field] === undefined ? [] : [[field, build(data[field])]],
  );
  return { parts, bounds };
}

/** A path is only read; everything else dynalite may change. */
const isPath = (node: object): boolean =>
  Array.isArray(node) && node.every((part) => typeof part === 'string' || typeof part === 'number');
