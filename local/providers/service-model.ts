import { readFileSync } from 'node:fs';

/** A type of AWS's service models, as far as it says what a request may hold. */
export interface Shape {
  type?: string;
  members?: Record<string, { shape: string }>;
  /** Only a list has it. */
  member?: { shape: string };
  /** Only a map has it, and `value`. */
  key?: { shape: string };
  value?: { shape: string };
  required?: string[];
  enum?: string[];
  min?: number;
  max?: number;
  pattern?: string;
}
export interface Model {
  /** Name of the request's shape. */
  input: string;
  shapes: Record<string, Shape>;
}
/** A JSON pointer and what is wrong there; never a value. */
export type Fault = `${string}: ${string}`;

export function readModel(service: string): Model {
  return JSON.parse(readFileSync(new URL(`./models/${service}.json`, import.meta.url), 'utf8')) as Model;
}

/** Returns what the model does not allow in a request. `undefined` is absent, as the SDK takes it. */
export function faultsOf({ input, shapes }: Model, request: unknown): Fault[] {
  const check = (name: string, value: unknown, at: string): Fault[] => {
    const shape = shapes[name] ?? {};
    const fault = typeFault(shape, value) ?? sizeFault(shape, value) ?? textFault(shape, value);
    if (fault !== undefined) return [`${at}: ${fault}`];
    if (Array.isArray(value))
      return value.flatMap((one, index) => check(shape.member?.shape ?? '', one, `${at}/${index}`));
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
    const given = Object.entries(value).filter(([, one]) => one !== undefined);
    const { members, required = [], key, value: values } = shape;
    const missing = required.filter((one) => !given.some(([name]) => name === one));
    return [
      ...missing.map((one): Fault => `${at}/${one}: is missing`),
      ...given.flatMap(([name, one], index) => {
        if (members === undefined)
          return [
            ...check(key?.shape ?? '', name, `${at}/key ${index}`),
            ...check(values?.shape ?? '', one, `${at}/value ${index}`),
          ];
        const member = members[name];
        return member === undefined
          ? [`${at}/${name}: is unknown` as const]
          : check(member.shape, one, `${at}/${name}`);
      }),
    ];
  };
  return check(input, request, '');
}

const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const TYPES: Record<string, (value: unknown) => boolean> = {
  structure: isObject,
  map: isObject,
  list: Array.isArray,
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  long: Number.isInteger,
  double: isNumber,
  float: isNumber,
  // As a request carries it, or as the SDK is given it.
  blob: (value) => typeof value === 'string' || value instanceof Uint8Array,
};

function typeFault({ type = '' }: Shape, value: unknown): string | undefined {
  const isType = TYPES[type];
  if (isType === undefined) return `is of the type "${type}", which the check does not know`;
  return isType(value) ? undefined : `must be a ${type}`;
}

function sizeFault(
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Shape,
  value: unknown,
): string | undefined {
  const size = sizeOf(value);
  if (size === undefined || (size >= min && size <= max)) return undefined;
  return size < min ? `must be at least ${min}` : `must be at most ${max}`;
}

function sizeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return isObject(value) ? Object.keys(value as object).length : undefined;
}

function textFault({ enum: values, pattern }: Shape, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  if (values !== undefined && !values.includes(value)) return `must be one of ${values.join(', ')}`;
  // AWS means the whole text, whether its pattern says so or not.
  if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(value)) return `must match ${pattern}`;
  return undefined;
}
