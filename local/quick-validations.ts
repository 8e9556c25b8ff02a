import type { Json } from './template.ts';

/** A schema of dynalite's: `String`, or a type with what its members are. */
type Type = string | { type: string; children?: Type | Record<string, Type> };
type Types = Record<string, Type>;
type AttributeValue = Record<string, unknown>;
interface Expressions {
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Record<string, AttributeValue>;
  [field: string]: unknown;
}
interface Validations {
  checkTypes(data: Json, types: Types): Json;
  /** Returns what is wrong, and writes numbers as DynamoDB does. */
  validateAttributeValue(value: AttributeValue): string | undefined;
  /** Returns what is wrong; else what it has parsed is in the data. */
  validateExpressions(data: Expressions): string | undefined;
}
interface Db {
  compare(comparison: 'GT', value: unknown, other: unknown): boolean;
}

/**
 * Has dynalite say at once that a request is valid where it plainly is. Whatever is not, or is to be written in another way, goes through its own
 * validations, which find the words for it.
 */
export function speedUpValidations(require: NodeJS.Require): void {
  const validations = require('dynalite/validations') as Validations;
  const { checkTypes, validateAttributeValue, validateExpressions } = validations;
  validations.checkTypes = (data, types) => plainFields(data, types) ?? checkTypes(data, types);
  validations.validateAttributeValue = (value) => (isPlain(value) ? undefined : validateAttributeValue(value));
  validations.validateExpressions = remembering(
    { validateExpressions, validateAttributeValue },
    require('dynalite/db') as Db,
  );
}

type Check = (value: unknown) => boolean;

const checks = new WeakMap<Types, [field: string, check: Check][]>();

/** Returns the fields that the schema has, in its order; undefined: one of them is not exactly of its type. */
function plainFields(data: Json, types: Types): Json | undefined {
  let fields = checks.get(types);
  if (fields === undefined) {
    fields = Object.entries(types).map(([field, type]) => [field, checkOf(type)]);
    checks.set(types, fields);
  }
  const found: Json = {};
  for (const [field, check] of fields) {
    const value = data[field];
    if (value === undefined) continue;
    if (!check(value)) return undefined;
    found[field] = value;
  }
  return found;
}

/** Says of a value whether it is of a type, and would be handed on as it is. */
function checkOf(type: Type): Check {
  const [name, children] = typeof type === 'string' ? [type] : [type.type, type.children];
  const [base] = name.split('<');
  switch (base) {
    case 'String':
      return (value) => typeof value === 'string';
    case 'Boolean':
      return (value) => typeof value === 'boolean';
    case 'Integer':
    case 'Long':
      return Number.isSafeInteger;
    case 'AttrStruct':
      return isAttribute;
    case 'List': {
      const isMember = checkOf(children as Type);
      return (value) => Array.isArray(value) && value.every(isMember);
    }
    case 'Map':
    case 'ParameterizedMap': {
      const isMember = checkOf(children as Type);
      return (value) => isObject(value) && hasOnly(value, (_name, member) => isMember(member));
    }
    case 'ValueStruct':
    case 'FieldStruct': {
      const fields = new Map(Object.entries(children as Types).map(([field, child]) => [field, checkOf(child)]));
      return (value) => isObject(value) && hasOnly(value, (field, member) => fields.get(field)?.(member) === true);
    }
    default:
      return () => false;
  }
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `__proto__` is no member like others. */
function hasOnly(value: Json, isRight: (name: string, member: unknown) => boolean): boolean {
  for (const name in value) if (name === '__proto__' || !isRight(name, value[name])) return false;
  return true;
}

const isText = (value: unknown): boolean => typeof value === 'string';

/** Whether it is one value as the protocol has it, of whatever type. */
function isAttribute(value: unknown): boolean {
  if (!isObject(value)) return false;
  let count = 0;
  for (const type in value) {
    count += 1;
    if (count > 1 || !isOfType(type, value[type])) return false;
  }
  return count === 1;
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'S':
    case 'N':
      return isText(value);
    case 'B':
      return isBase64(value);
    case 'BOOL':
    case 'NULL':
      return typeof value === 'boolean';
    case 'SS':
    case 'NS':
      return Array.isArray(value) && value.every(isText);
    case 'BS':
      return Array.isArray(value) && value.every(isBase64);
    case 'L':
      return Array.isArray(value) && value.every(isAttribute);
    case 'M':
      return isObject(value) && hasOnly(value, (_name, member) => isAttribute(member));
    default:
      return false;
  }
}

const isBase64 = (value: unknown): boolean =>
  typeof value === 'string' && value.length % 4 === 0 && Buffer.from(value, 'base64').toString('base64') === value;

/** A number as DynamoDB writes it: without exponent, leading and trailing zeros. */
const PLAIN_NUMBER = /^(?:0|-?[1-9]\d{0,30}|-?(?:0|[1-9]\d{0,15})\.\d{0,14}[1-9])$/;

/** Whether an attribute's value is valid, and is kept as it is. Of sets dynalite looks for duplicates. */
function isPlain(value: AttributeValue): boolean {
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
function remembering(
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
