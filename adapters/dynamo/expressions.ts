import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';

/** Text of DynamoDB's expression language. The values between its parts are bound when it is rendered. */
export interface Expression {
  parts: readonly string[];
  values: readonly unknown[];
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
    if (!isExpression(value)) {
      bound.push(value);
      parts.push(after);
      return;
    }
    const [first = '', ...rest] = value.parts;
    parts.push(`${parts.pop() ?? ''}${first}`, ...rest);
    bound.push(...value.values);
    parts.push(`${parts.pop() ?? ''}${after}`);
  });
  return { parts, values: bound };
}

/** Combines conditions that must all hold; undefined ones are left out. */
export function allOf(...conditions: readonly (Expression | undefined)[]): Expression {
  const [first, ...rest] = conditions.filter((condition) => condition !== undefined);
  if (first === undefined) throw new Error('no condition was given');
  return rest.reduce((all, next) => expression`${all} AND ${next}`, first);
}

/** Changes of an update. An attribute with the value undefined is left unchanged. */
export interface Change {
  /** Attribute → its value, or an expression of it: ``expression`if_not_exists(#next, ${0}) + ${1}` ``. */
  set?: Readonly<Record<string, unknown>>;
  remove?: readonly string[];
  /** Attribute → the number to add. */
  add?: Readonly<Record<string, number>>;
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
    ['SET', assigned.map(([name, value]) => `${binder.name(name)} = ${binder.value(value)}`)],
    ['REMOVE', remove.map((name) => binder.name(name))],
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

const isExpression = (value: unknown): value is Expression =>
  typeof value === 'object' && value !== null && 'parts' in value && 'values' in value;

/** Assigns placeholders to the names and values of one request. */
class Binder {
  readonly #names: Record<string, string> = {};
  readonly #values: Record<string, unknown> = {};

  name(attribute: string): string {
    return attribute
      .split('.')
      .map((part) => this.#nameOf(part))
      .join('.');
  }

  value(value: unknown): string {
    if (isExpression(value)) return this.render(value);
    const placeholder = `:v${Object.keys(this.#values).length}`;
    this.#values[placeholder] = value;
    return placeholder;
  }

  render({ parts, values }: Expression): string {
    const text = parts.map((part, index) => (index === 0 ? part : `${this.value(values[index - 1])}${part}`)).join('');
    return text.replaceAll(/#(\w+)/g, (_, name: string) => this.#nameOf(name));
  }

  bound(): Bound {
    return {
      ...(Object.keys(this.#names).length === 0 ? {} : { ExpressionAttributeNames: this.#names }),
      ...(Object.keys(this.#values).length === 0 ? {} : { ExpressionAttributeValues: this.#values }),
    };
  }

  #nameOf(attribute: string): string {
    const placeholder = `#${attribute}`;
    this.#names[placeholder] = attribute;
    return placeholder;
  }
}
