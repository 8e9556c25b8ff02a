import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';

/** Text of DynamoDB's expression language. The values between its parts are bound when it is rendered. */
export class Expression {
  readonly parts: readonly string[];
  readonly values: readonly unknown[];

  constructor(parts: readonly string[], values: readonly unknown[]) {
    this.parts = parts;
    this.values = values;
  }
}

/**
 * An expression with its values: ``expression`#status = ${'open'} AND #leg = ${leg}` ``. Attributes are written as `#name` or `#map.#name`, whether
 * or not they are reserved words. A value may be another expression.
 */
export function expression(texts: TemplateStringsArray, ...values: readonly unknown[]): Expression {
  const parts = [texts[0] ?? ''];
  const bound: unknown[] = [];
  values.forEach((value, index) => {
    const after = texts[index + 1] ?? '';
    if (!(value instanceof Expression)) {
      bound.push(value);
      parts.push(after);
      return;
    }
    const [first = '', ...rest] = value.parts;
    parts.push(`${parts.pop() ?? ''}${first}`, ...rest);
    bound.push(...value.values);
    parts.push(`${parts.pop() ?? ''}${after}`);
  });
  return new Expression(parts, bound);
}

/** An attribute whose name (letters, digits and `_`) is not known here: ``expression`attribute_not_exists(${attribute(flag)})` ``. */
export const attribute = (name: string): Expression => new Expression([`#${name}`], []);

/** An attribute within maps, whatever its name: ``expression`attribute_exists(${path('journeys.wake-up')})` ``. A name contains no dot. */
export class Path {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}
export const path = (text: string): Path => new Path(text);

/** Operands of `IN`; at least one value. */
export const listOf = (values: readonly unknown[]): Expression =>
  new Expression(['(', ...values.slice(1).map(() => ', '), ')'], values);

export const NOT_THERE = expression`attribute_not_exists(#pk)`;

/** Combines conditions that must all hold; undefined ones are left out. */
export function allOf(...conditions: readonly (Expression | undefined)[]): Expression {
  const [first, ...rest] = conditions.filter((condition) => condition !== undefined);
  if (first === undefined) throw new Error('no condition was given');
  return rest.reduce((all, next) => expression`${all} AND ${next}`, first);
}

/** Changes of an update. An attribute with the value undefined is left unchanged. */
export interface Change {
  /** Attribute, or `map.name` → its value, or an expression of it: ``expression`if_not_exists(#next, ${0}) + ${1}` ``. */
  set?: Readonly<Record<string, unknown>>;
  remove?: readonly string[];
  /** Attribute, by its whole name → the number that it grows by. */
  add?: Readonly<Record<string, number | bigint>>;
  when?: Expression;
}

type Bound = Pick<UpdateCommandInput, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'>;

/** Returns the parameters of an UpdateItem with this change, under its condition. */
export function updateOf({ set = {}, remove = [], add = {}, when }: Change): Bound & {
  UpdateExpression: string;
  ConditionExpression?: string;
} {
  const binder = new Binder();
  const assigned = Object.entries(set).filter(([, value]) => value !== undefined);
  const clauses = [
    ['SET', assigned.map(([path, value]) => `${binder.path(path)} = ${binder.value(value)}`)],
    ['REMOVE', remove.map((path) => binder.path(path))],
    ['ADD', Object.entries(add).map(([name, value]) => `${binder.name(name)} ${binder.value(value)}`)],
  ] as const;
  const written = clauses.filter(([, items]) => items.length > 0);
  return {
    UpdateExpression: written.map(([verb, items]) => `${verb} ${items.join(', ')}`).join(' '),
    ...(when === undefined ? {} : { ConditionExpression: binder.render(when) }),
    ...binder.bound(),
  };
}

/** Returns the parameters of a PutItem or DeleteItem under a condition. */
export function conditionOf(when: Expression): Bound & { ConditionExpression: string } {
  const binder = new Binder();
  return { ConditionExpression: binder.render(when), ...binder.bound() };
}

/** Returns the parameters of a Query: its key condition and its filter. */
export function queryOf(
  key: Expression,
  filter?: Expression,
): Bound & { KeyConditionExpression: string; FilterExpression?: string } {
  const binder = new Binder();
  return {
    KeyConditionExpression: binder.render(key),
    ...(filter === undefined ? {} : { FilterExpression: binder.render(filter) }),
    ...binder.bound(),
  };
}

/** Assigns placeholders to the names and values of one request. */
class Binder {
  readonly #placeholders = new Map<string, string>();
  readonly #values: Record<string, unknown> = {};

  path(path: string): string {
    return path
      .split('.')
      .map((name) => this.name(name))
      .join('.');
  }

  name(attribute: string): string {
    const known = this.#placeholders.get(attribute);
    if (known !== undefined) return known;
    // A minus in a placeholder would be an operator.
    const placeholder = /^\w+$/.test(attribute) ? `#${attribute}` : `#n${this.#placeholders.size}`;
    this.#placeholders.set(attribute, placeholder);
    return placeholder;
  }

  value(value: unknown): string {
    if (value instanceof Expression) return this.render(value);
    if (value instanceof Path) return this.path(value.path);
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }

  render({ parts, values }: Expression): string {
    // A rendered value contains placeholders already.
    const named = (part: string) => part.replaceAll(/#(\w+)/g, (_, name: string) => this.name(name));
    return parts.map((part, index) => `${index === 0 ? '' : this.value(values[index - 1])}${named(part)}`).join('');
  }

  bound(): Bound {
    const names = Object.fromEntries(
      [...this.#placeholders].map(([attribute, placeholder]) => [placeholder, attribute]),
    );
    return {
      ...(this.#placeholders.size === 0 ? {} : { ExpressionAttributeNames: names }),
      ...(Object.keys(this.#values).length === 0 ? {} : { ExpressionAttributeValues: this.#values }),
    };
  }
}
