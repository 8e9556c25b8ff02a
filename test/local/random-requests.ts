import fc from 'fast-check';

type Json = Record<string, unknown>;
/** A request of DynamoDB, right or wrong. */
export interface Request {
  operation: string;
  data: Json;
}

const NUMBERS = [
  ...[
    '0',
    '1',
    '2',
    '10',
    '-3',
    '0.5',
    '-0.5',
    '12.50',
    '007',
    '-0',
    '1e3',
    '1E-7',
    '1e125',
    '1e126',
    '1e-130',
    '1e-131',
  ],
  ...['9'.repeat(31), '9'.repeat(32), '9'.repeat(38), '9'.repeat(39), `0.${'1'.repeat(15)}`, `0.${'1'.repeat(38)}`],
  ...[
    `${'9'.repeat(16)}.${'9'.repeat(15)}`,
    `0.${'0'.repeat(129)}1`,
    `0.${'0'.repeat(130)}1`,
    '.5',
    '5.',
    '+1',
    ' 1',
    '1 ',
    '1_0',
  ],
  ...['', 'x', 'NaN', 'Infinity', '0x10', '١', '--1', '1e', '1e+2', '0.0', '-0.0', '1\n'],
];
const TEXTS = ['', 'a', 'b', 'N', 'S', 'no', '你好 👋', '\ud800', '\u0000', '__proto__', 'constructor'];
const BYTES = ['', 'AP8=', 'AP8', 'AP9=', 'AA==', 'A===', '!!!!', 'AP8=\n'];
const NAMES = ['a', 'b', 'pk', 'sk', '', 'constructor', 'toString', '你', 'x'.repeat(300)];
const JUNK: unknown[] = [null, true, false, 0, 1, 1.5, -1, 2 ** 53, 1e300, 'text', '', [], {}, ['a'], { S: 'a' }];

const { attribute } = fc.letrec<{ attribute: unknown }>((tie) => {
  const some = (values: unknown[]) => fc.constantFrom(...values);
  const junk = some(JUNK);
  const textOr = (values: unknown[]) =>
    fc.oneof({ weight: 9, arbitrary: some(values) }, { weight: 1, arbitrary: junk });
  const listOf = (values: unknown[]) =>
    fc.oneof(fc.array(some(values), { maxLength: 3 }), fc.array(textOr(values), { maxLength: 3 }), junk);
  const typed = fc.oneof(
    { depthSize: 'small' },
    fc.record({ S: textOr(TEXTS) }),
    fc.record({ N: textOr(NUMBERS) }),
    fc.record({ N: textOr(NUMBERS) }),
    fc.record({ B: textOr(BYTES) }),
    fc.record({ BOOL: some([true, false, 'true', 'no', 1, null, 'x']) }),
    fc.record({ NULL: some([true, true, false, 'yes', null]) }),
    fc.record({ SS: listOf(TEXTS) }),
    fc.record({ NS: listOf(NUMBERS) }),
    fc.record({ BS: listOf(BYTES) }),
    fc.record({ L: fc.oneof(fc.array(tie('attribute'), { maxLength: 3 }), junk) }),
    fc.record({
      M: fc.oneof(fc.dictionary(some(NAMES) as fc.Arbitrary<string>, tie('attribute'), { maxKeys: 3 }), junk),
    }),
  );
  return {
    attribute: fc.oneof(
      { weight: 20, arbitrary: typed },
      { weight: 1, arbitrary: fc.tuple(typed, typed).map(([one, other]) => ({ ...one, ...other })) },
      { weight: 1, arbitrary: junk },
    ),
  };
});

/** Valid ones, which a table can keep, so that there is something to compare. */
const plain = fc.constantFrom<unknown>(
  ...['0', '1', '2', '3', '12.5'].map((N) => ({ N })),
  ...['', 'a', 'b', 'N', 'S'].map((S) => ({ S })),
  ...[{ BOOL: true }, { NULL: true }, { B: 'AP8=' }, { SS: ['a', 'b'] }, { NS: ['1', '2'] }, { L: [{ N: '1' }] }],
  ...[{ L: [] }, { M: {} }, { M: { a: { N: '1' }, b: { L: [{ S: 'a' }] } } }],
);
const value = fc.oneof({ weight: 4, arbitrary: plain }, { weight: 1, arbitrary: attribute });

const PATHS = [
  'a',
  'b',
  'pk',
  'sk',
  '#a',
  '#b',
  'a.b',
  'a[0]',
  'a.b[1].c',
  '#a.#b',
  '#a[0]',
  'name',
  'Status',
  'a.size',
  'size',
  '_x',
  '1a',
  'a..b',
  'a[-1]',
  'a[01]',
  '#missing',
  'attribute_type',
];
const path = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('a', 'b', '#a', '#b', 'c', 'a.b', 'b[0]') },
  { weight: 1, arbitrary: fc.constantFrom(...PATHS) },
);
const bound = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(':a', ':b', ':c') },
  { weight: 1, arbitrary: fc.constantFrom(':missing', ':') },
);
const { condition, assigned } = fc.letrec<{ operand: string; condition: string; assigned: string }>((tie) => {
  const two = fc.tuple(tie('operand'), tie('operand'));
  const twoConditions = fc.tuple(tie('condition'), tie('condition'));
  return {
    operand: fc.oneof(
      { weight: 4, arbitrary: path },
      { weight: 4, arbitrary: bound },
      { weight: 1, arbitrary: path.map((one) => `size(${one})`) },
      { weight: 1, arbitrary: two.map(([a, b]) => `if_not_exists(${a}, ${b})`) },
    ),
    condition: fc.oneof(
      { depthSize: 'small' },
      fc
        .tuple(tie('operand'), fc.constantFrom('=', '<>', '<', '<=', '>', '>=', '=', '<>', '<', '!='), tie('operand'))
        .map((parts) => parts.join(' ')),
      fc.tuple(tie('operand'), bound, bound).map(([a, b, c]) => `${a} BETWEEN ${b} AND ${c}`),
      fc.tuple(tie('operand'), tie('operand'), tie('operand')).map(([a, b, c]) => `${a} between ${b} and ${c}`),
      fc
        .tuple(tie('operand'), fc.array(bound, { minLength: 1, maxLength: 3 }))
        .map(([a, list]) => `${a} IN (${list.join(',')})`),
      fc
        .tuple(tie('operand'), fc.array(tie('operand'), { maxLength: 3 }))
        .map(([a, list]) => `${a} in (${list.join(',')})`),
      fc
        .tuple(
          fc.constantFrom('attribute_exists', 'attribute_not_exists', 'Attribute_Exists', 'size', 'nothing'),
          tie('operand'),
        )
        .map(([f, a]) => `${f}(${a})`),
      fc
        .tuple(
          fc.constantFrom('begins_with', 'contains', 'attribute_type', 'attribute_type', 'ATTRIBUTE_TYPE', 'size'),
          two,
        )
        .map(([f, [a, b]]) => `${f}(${a}, ${b})`),
      twoConditions.map(([a, b]) => `${a} AND ${b}`),
      twoConditions.map(([a, b]) => `${a} or ${b}`),
      tie('condition').map((one) => `NOT (${one})`),
      tie('condition').map((one) => `((${one}))`),
      tie('condition').map((one) => `(${one})`),
      tie('condition').map((one) => one.slice(0, -1)),
    ),
    assigned: fc.oneof(
      { depthSize: 'small' },
      tie('operand'),
      two.map(([a, b]) => `${a} + ${b}`),
      two.map(([a, b]) => `${a} - ${b}`),
      two.map(([a, b]) => `if_not_exists(${a}, ${b})`),
      two.map(([a, b]) => `list_append(${a}, ${b})`),
    ),
  };
});
const section = fc.oneof(
  fc
    .array(fc.tuple(path, assigned), { minLength: 1, maxLength: 3 })
    .map((all) => `SET ${all.map(([a, b]) => `${a} = ${b}`).join(', ')}`),
  fc.array(path, { minLength: 1, maxLength: 3 }).map((all) => `REMOVE ${all.join(', ')}`),
  fc.tuple(fc.constantFrom('ADD', 'DELETE', 'add'), path, bound).map((parts) => parts.join(' ')),
);
const update = fc.oneof(
  { weight: 9, arbitrary: fc.array(section, { minLength: 1, maxLength: 3 }).map((all) => all.join(' ')) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', 'SET', 'SET a = :a,') },
);
const projection = fc.array(path, { minLength: 1, maxLength: 4 }).map((all) => all.join(', '));
const keyCondition = fc.oneof(
  fc.constantFrom(
    'pk = :a',
    'pk = :a AND sk > :b',
    ':a = pk and :b >= sk',
    '(pk = :a) AND (sk BETWEEN :b AND :c)',
    'pk = :a AND begins_with(sk, :b)',
    '#a = :a',
    'pk = :a AND sk = :b AND sk < :c',
    'pk <> :a',
  ),
  condition,
);

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
/** Valid values of one request, and the same with one of them changed. */
const values = fc
  .tuple(
    fc.record({ ':a': plain, ':b': plain, ':c': plain }),
    fc.array(fc.tuple(fc.constantFrom(':a', ':b', ':c'), value), { minLength: 1, maxLength: 4 }),
    fc.array(fc.constantFrom<unknown>(undefined, null, {}, {}, 'no', [], { a: { S: 'a' } }), { maxLength: 1 }),
  )
  .map(([all, changes, others]): unknown[] => [
    all,
    ...changes.map(([name, one]) => ({ ...all, [name]: one })),
    ...others,
    all,
  ]);
const names = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ '#a': 'a', '#b': 'b' }) },
  {
    weight: 2,
    arbitrary: fc.record({
      '#a': fc.constantFrom('a', 'a', 'status', 'pk', ''),
      '#b': fc.constantFrom('b', 'constructor'),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(undefined, null, {}, 'no', { '#a': 1 }, { a: 'a' }) },
);
const key = fc.oneof(
  { weight: 9, arbitrary: fc.constant({ pk: { S: 'a' }, sk: { N: '1' } }) },
  {
    weight: 2,
    arbitrary: fc.record({
      pk: fc.constantFrom<unknown>({ S: 'a' }, { S: '' }, { N: '1' }),
      sk: fc.constantFrom<unknown>({ N: '1.0' }, { N: '2' }, { N: '1e400' }),
    }),
  },
);
const oneOfTable = (all: object) => ({ TableName: 'runs', ...all });
/** What a request says beside its values. */
const shape = fc.oneof(
  fc.record({
    operation: fc.constant('updateItem'),
    data: fc.record({
      Key: key,
      UpdateExpression: maybe(update),
      ConditionExpression: maybe(condition),
      ReturnValues: fc.constantFrom('ALL_NEW', 'ALL_NEW', 'UPDATED_NEW', 'UPDATED_OLD', 'x'),
    }),
  }),
  fc.record({
    operation: fc.constant('putItem'),
    data: fc.record({
      Item: fc
        .tuple(key, fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 3 }))
        .map(([one, more]) => ({ ...more, ...one })),
      ConditionExpression: maybe(condition),
    }),
  }),
  fc.record({ operation: fc.constant('deleteItem'), data: fc.record({ Key: key, ConditionExpression: condition }) }),
  fc.record({
    operation: fc.constant('getItem'),
    data: fc.record({
      Key: key,
      ProjectionExpression: maybe(projection),
      ConsistentRead: fc.constantFrom(true, 'yes', 1),
    }),
  }),
  fc.record({
    operation: fc.constant('query'),
    data: fc.record({
      KeyConditionExpression: maybe(keyCondition),
      FilterExpression: maybe(condition),
      ProjectionExpression: maybe(projection),
      Limit: fc.constantFrom<unknown>(undefined, undefined, undefined, 1, 2, 0, -1, 1.5, '1', 2 ** 53),
    }),
  }),
  fc.record({
    operation: fc.constant('scan'),
    data: fc.record({ FilterExpression: condition, ProjectionExpression: maybe(projection) }),
  }),
);
/** The same request several times, with other values and names. */
const repeated = fc
  .tuple(shape, values, fc.infiniteStream(names))
  .map(([{ operation, data }, all, manyNames]): Request[] => {
    const used = new Set(
      JSON.stringify(Object.entries(data).filter(([field]) => field.endsWith('Expression'))).match(/[:#][a-z]+/g),
    );
    return all.map((someValues) => ({
      operation,
      data: oneOfTable({
        ...data,
        ExpressionAttributeValues: onlyUsed(someValues, used),
        ExpressionAttributeNames: onlyUsed(manyNames.next().value, used),
      }),
    }));
  });
/** What the expressions name, of a whole record of values or names; anything else stays as it is. */
function onlyUsed(given: unknown, used: Set<string>): unknown {
  const all = Object.entries(given ?? {});
  if (!all.some(([name]) => name === ':b' || name === '#b')) return given;
  const some = all.filter(([name]) => used.has(name));
  return some.length === 0 ? undefined : Object.fromEntries(some);
}
const batch: fc.Arbitrary<Request[]> = fc
  .record({
    Keys: fc.array(fc.oneof(key, fc.constantFrom<unknown>({}, null)), { maxLength: 3 }),
    ProjectionExpression: maybe(projection),
    ExpressionAttributeNames: names,
  })
  .map((one) => [{ operation: 'batchGetItem', data: { RequestItems: { runs: one } } }]);
/** An item that requests may find. */
export const START: Request = {
  operation: 'putItem',
  data: oneOfTable({ Item: { pk: { S: 'a' }, sk: { N: '1' }, a: { N: '1' }, b: { S: 'b' } } }),
};
/** Sequences of requests. */
export const requests = fc.array(fc.oneof({ weight: 5, arbitrary: repeated }, { weight: 1, arbitrary: batch }), {
  minLength: 1,
  maxLength: 4,
});
