export type Item = Record<string, unknown>;

/** Syntax of the DynamoDB expressions that Cairn's adapters write; anything else is refused. */
type Operand =
  | { kind: 'path'; names: string[] }
  | { kind: 'value'; name: string }
  | { kind: 'call'; name: string; args: Operand[] }
  | { kind: 'sum'; left: Operand; right: Operand };
type Test =
  | { kind: 'and' | 'or'; all: Test[] }
  | { kind: 'not'; of: Test }
  | { kind: 'compare'; by: string; left: Operand; right: Operand }
  | { kind: 'between'; of: Operand; from: Operand; to: Operand }
  | { kind: 'in'; of: Operand; among: Operand[] }
  | { kind: 'call'; name: string; args: Operand[] };
/** An attribute, or one within maps. */
type Path = string[];
interface Parsed {
  test?: Test;
  set: [Path, Operand][];
  remove: Path[];
  add: [Path, Operand][];
}

export interface Compiled {
  /** Evaluates a condition expression. */
  holds(item: Item): boolean;
  /**
   * Evaluates an update expression: path → new value, or undefined if it is removed. All values are computed from the item before the update.
   */
  changes(item: Item): [string[], unknown][];
  /** Returns the value that a key condition requires of this attribute. */
  equalTo(name: string): unknown;
}

const parsed = new Map<string, Parsed>();

export function compile(text: string, names: Record<string, string>, values: Item): Compiled {
  const syntax = parsed.get(text) ?? new Parser(text).parse();
  parsed.set(text, syntax);
  const scope = new Scope(names, values);
  return {
    holds: (item) => syntax.test === undefined || scope.holds(syntax.test, item),
    changes: (item) => [
      ...syntax.set.map(([path, to]): [string[], unknown] => [scope.path(path), scope.demanded(to, item)]),
      ...syntax.remove.map((path): [string[], unknown] => [scope.path(path), undefined]),
      ...syntax.add.map(([path, by]): [string[], unknown] => [
        scope.path(path),
        Number(scope.at(path, item) ?? 0) + Number(scope.demanded(by, item)),
      ]),
    ],
    equalTo: (name) => scope.equalTo(syntax.test, name),
  };
}

class Parser {
  private readonly tokens: string[];
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = text.match(/[#:]?\w+|<=|>=|<>|\S/g) ?? [];
  }

  parse(): Parsed {
    const update: Parsed = { set: [], remove: [], add: [] };
    if (!['SET', 'REMOVE', 'ADD'].includes(this.peek() ?? '')) update.test = this.or();
    while (this.at < this.tokens.length) {
      const verb = this.next();
      do {
        if (verb === 'SET') update.set.push([this.path(), this.expect('=').sum()]);
        else if (verb === 'REMOVE') update.remove.push(this.path());
        else if (verb === 'ADD') update.add.push([this.path(), this.operand()]);
        else throw new Error(`${verb} in ${this.text}`);
      } while (this.take(','));
    }
    return update;
  }

  private path(): Path {
    const names = [this.next()];
    while (this.take('.')) names.push(this.next());
    return names;
  }

  private or(): Test {
    const all = [this.and()];
    while (this.take('OR')) all.push(this.and());
    return all.length === 1 && all[0] ? all[0] : { kind: 'or', all };
  }

  private and(): Test {
    const all = [this.not()];
    while (this.take('AND')) all.push(this.not());
    return all.length === 1 && all[0] ? all[0] : { kind: 'and', all };
  }

  private not(): Test {
    return this.take('NOT') ? { kind: 'not', of: this.not() } : this.test();
  }

  private test(): Test {
    if (this.take('(')) {
      const inner = this.or();
      this.expect(')');
      return inner;
    }
    const left = this.sum();
    if (this.take('BETWEEN')) {
      const from = this.sum();
      return { kind: 'between', of: left, from, to: this.expect('AND').sum() };
    }
    if (this.take('IN')) return { kind: 'in', of: left, among: this.list() };
    const by = this.peek();
    if (by !== undefined && ['=', '<>', '<', '<=', '>', '>='].includes(by)) {
      return { kind: 'compare', by: this.next(), left, right: this.sum() };
    }
    if (left.kind === 'call') return left;
    throw new Error(`no test at ${by} in ${this.text}`);
  }

  private sum(): Operand {
    let left = this.operand();
    while (this.take('+')) left = { kind: 'sum', left, right: this.operand() };
    return left;
  }

  private operand(): Operand {
    const token = this.next();
    if (token.startsWith(':')) return { kind: 'value', name: token };
    if (!/^#?\w+$/.test(token)) throw new Error(`${token} in ${this.text}`);
    if (this.peek() === '(') return { kind: 'call', name: token, args: this.list() };
    const names = [token];
    while (this.take('.')) names.push(this.next());
    return { kind: 'path', names };
  }

  private list(): Operand[] {
    this.expect('(');
    const all = [this.sum()];
    while (this.take(',')) all.push(this.sum());
    this.expect(')');
    return all;
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }
  private next(): string {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Error(`${this.text} breaks off`);
    this.at += 1;
    return token;
  }
  private take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at += 1;
    return true;
  }
  private expect(token: string): this {
    if (!this.take(token)) throw new Error(`no ${token} at ${this.peek()} in ${this.text}`);
    return this;
  }
}

class Scope {
  private readonly names: Record<string, string>;
  private readonly values: Item;

  constructor(names: Record<string, string>, values: Item) {
    this.names = names;
    this.values = values;
  }

  named(token: string): string {
    if (!token.startsWith('#')) return token;
    const name = this.names[token];
    if (name === undefined) throw new Error(`${token} is not given`);
    return name;
  }

  path(tokens: Path): string[] {
    return tokens.map((token) => this.named(token));
  }

  at(tokens: Path, item: Item): unknown {
    return this.value({ kind: 'path', names: tokens }, item);
  }

  demanded(operand: Operand, item: Item): unknown {
    const value = this.value(operand, item);
    if (value === undefined) throw new Error(`${JSON.stringify(operand)} is not there`);
    return value;
  }

  private value(operand: Operand, item: Item): unknown {
    switch (operand.kind) {
      case 'path':
        return operand.names.reduce<unknown>((at, token) => (at as Item | undefined)?.[this.named(token)], item);
      case 'value': {
        const value = this.values[operand.name];
        if (value === undefined) throw new Error(`${operand.name} is not given`);
        return value;
      }
      case 'sum':
        return Number(this.demanded(operand.left, item)) + Number(this.demanded(operand.right, item));
      case 'call':
        return this.called(operand.name, operand.args, item);
    }
  }

  private called(name: string, [first, second]: Operand[], item: Item): unknown {
    if (first === undefined) throw new Error(`${name} of nothing`);
    const value = this.value(first, item);
    switch (name) {
      case 'attribute_exists':
        return value !== undefined;
      case 'attribute_not_exists':
        return value === undefined;
      case 'contains':
        return Array.isArray(value) && second !== undefined && value.includes(this.value(second, item));
      case 'begins_with':
        return second !== undefined && String(value).startsWith(String(this.value(second, item)));
      case 'if_not_exists':
        return value ?? (second && this.value(second, item));
      case 'list_append':
        return [...(value as unknown[]), ...((second && this.value(second, item)) as unknown[])];
      default:
        throw new Error(`${name} is not known here`);
    }
  }

  holds(test: Test, item: Item): boolean {
    switch (test.kind) {
      case 'and':
        return test.all.every((one) => this.holds(one, item));
      case 'or':
        return test.all.some((one) => this.holds(one, item));
      case 'not':
        return !this.holds(test.of, item);
      case 'call':
        return this.called(test.name, test.args, item) === true;
      case 'between':
        return (
          compares('>=', this.value(test.of, item), this.value(test.from, item)) &&
          compares('<=', this.value(test.of, item), this.value(test.to, item))
        );
      case 'in':
        return test.among.some((one) => compares('=', this.value(test.of, item), this.value(one, item)));
      case 'compare':
        return compares(test.by, this.value(test.left, item), this.value(test.right, item));
    }
  }

  equalTo(test: Test | undefined, name: string): unknown {
    if (test?.kind === 'and') return test.all.map((one) => this.equalTo(one, name)).find((one) => one !== undefined);
    if (test?.kind !== 'compare' || test.by !== '=' || test.left.kind !== 'path') return undefined;
    return this.named(test.left.names[0] ?? '') === name ? this.value(test.right, {}) : undefined;
  }
}

/** Compares two values. If one is missing or the types differ, only `<>` holds. */
function compares(by: string, a: unknown, b: unknown): boolean {
  if (by === '<>') return a !== b;
  if (a === undefined || b === undefined || typeof a !== typeof b) return false;
  const [left, right] = [a as string, b as string]; // or both numbers
  switch (by) {
    case '=':
      return left === right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    default:
      return left >= right;
  }
}
