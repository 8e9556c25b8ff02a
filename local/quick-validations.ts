import type { Db, Type, Types, Validations } from './dynalite-validations.ts';
import { isPlain } from './plain-values.ts';
import { remembering } from './quick-expressions.ts';
import type { Json } from './template.ts';

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
