/** A metric's value in a period; undefined: there is none. */
export type Value = number | undefined;
export type Values = (id: string) => Value;
export type Expression = (values: Values) => Value;

/** An expression of CloudWatch's metric math that the embedded cloud does not evaluate. */
export class UnknownExpressionError extends Error {
  override readonly name = 'UnknownExpressionError';
}

const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z_]\w*|>=|<=|==|!=|[-+*/()<>,])/y;
const COMPARE: Record<string, (a: number, b: number) => boolean> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
};
/** Operators by how tightly they bind, loosest first. */
const BINARY: Record<string, (a: number, b: number) => Value>[] = [
  { OR: (a, b) => Number(a !== 0 || b !== 0) },
  { AND: (a, b) => Number(a !== 0 && b !== 0) },
  Object.fromEntries(Object.entries(COMPARE).map(([sign, is]) => [sign, (a: number, b: number) => Number(is(a, b))])),
  { '+': (a, b) => a + b, '-': (a, b) => a - b },
  // CloudWatch has no data point where it would divide by zero.
  { '*': (a, b) => a * b, '/': (a, b) => (b === 0 ? undefined : a / b) },
];

/** Reads what Cairn's alarms use: numbers, ids, + - * /, comparisons, AND, OR, IF, FILL with a number. @throws UnknownExpressionError */
export function parseExpression(text: string): Expression {
  const tokens = tokensOf(text);
  let at = 0;
  const refuse = (what: string): never => {
    throw new UnknownExpressionError(`metric math: ${what} in ${JSON.stringify(text)} is not evaluated here`);
  };
  const take = (wanted: string): void => {
    if (tokens[at] !== wanted) refuse(`${tokens[at] ?? 'the end'} instead of ${wanted}`);
    at += 1;
  };
  const readArguments = (count: number): Expression[] => {
    take('(');
    const read = Array.from({ length: count }, (_, index) => {
      if (index > 0) take(',');
      return binary(0);
    });
    take(')');
    return read;
  };

  function binary(level: number): Expression {
    const operators = BINARY[level];
    if (operators === undefined) return operand();
    let left = binary(level + 1);
    for (;;) {
      const operator = operators[tokens[at] ?? ''];
      if (operator === undefined) return left;
      at += 1;
      left = applied(operator, left, binary(level + 1));
    }
  }

  function operand(): Expression {
    const token = tokens[at] ?? refuse('the end');
    at += 1;
    if (token === '(') {
      at -= 1;
      return readArguments(1)[0] as Expression;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (tokens[at] !== '(') return /^[a-z]/.test(token) ? (values) => values(token) : refuse(token);
    if (token === 'IF') return conditional(readArguments(3) as [Expression, Expression, Expression]);
    if (token === 'FILL') return filled(readArguments(2) as [Expression, Expression]);
    return refuse(token);
  }

  const whole = binary(0);
  if (at < tokens.length) refuse(String(tokens[at]));
  return whole;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  const pattern = new RegExp(TOKEN);
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const { lastIndex } = pattern;
    const [, token] = pattern.exec(text) ?? [];
    if (token === undefined)
      throw new UnknownExpressionError(`metric math: ${text.slice(lastIndex).trim()} is not evaluated here`);
    tokens.push(token);
  }
  return tokens;
}

const applied =
  (operator: (a: number, b: number) => Value, left: Expression, right: Expression): Expression =>
  (values) => {
    const [a, b] = [left(values), right(values)];
    return a === undefined || b === undefined ? undefined : operator(a, b);
  };

const conditional =
  ([test, yes, no]: [Expression, Expression, Expression]): Expression =>
  (values) => {
    const is = test(values);
    return is === undefined ? undefined : is !== 0 ? yes(values) : no(values);
  };

const filled =
  ([of, by]: [Expression, Expression]): Expression =>
  (values) =>
    of(values) ?? by(values);
