import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { speedUpValidations } from '../../local/quick-validations.ts';

const real = createRequire(import.meta.url);
type Json = Record<string, unknown>;
interface Validations {
  checkTypes(data: Json, types: object): Json;
  validateAttributeValue(value: Json): string | undefined;
  validateExpressions(data: Json): string | undefined;
}
const own = real('dynalite/validations') as Validations;
/** Quickened; dynalite's own stay as they are. */
const quick = { ...own };
speedUpValidations(((name: string) => (name === 'dynalite/validations' ? quick : real(name))) as NodeJS.Require);

/** What is said of a copy of the data, and what became of it. */
function said(work: (data: Json) => unknown, data: Json): object {
  const copy = JSON.parse(JSON.stringify(data)) as Json;
  try {
    const answer = work(copy);
    return { answer, copy, order: JSON.stringify(answer) };
  } catch (error) {
    return { ...(error as object), name: (error as Error).name, message: (error as Error).message };
  }
}

const VALUES: unknown[] = [
  { S: '' },
  { S: '你好 👋' },
  { N: '0' },
  { N: '-0' },
  { N: '12' },
  { N: '-12.50' },
  { N: '0.5' },
  { N: '007' },
  { N: '1e3' },
  { N: '1E-7' },
  { N: '9'.repeat(39) },
  { N: `0.${'1'.repeat(39)}` },
  { N: '1e126' },
  { N: 'x' },
  { N: '' },
  { N: 1 },
  { B: 'AP8=' },
  { B: 'AP8' },
  { B: 'AP9=' },
  { BOOL: true },
  { BOOL: 'yes' },
  { NULL: true },
  { NULL: false },
  { SS: ['a', 'b'] },
  { SS: ['a', 'a'] },
  { SS: [] },
  { NS: ['1', '2.0'] },
  { BS: ['AP8=', 'AP8='] },
  { L: [{ S: 'a' }, { M: { deep: { N: '1.0' } } }] },
  { L: [{}] },
  { L: [null] },
  { L: 'no' },
  { M: { a: { S: 'b' }, c: { L: [] } } },
  { M: { a: {} } },
  { M: [] },
  { S: 'a', N: '1' },
  { X: 'a' },
  {},
  null,
  'text',
  ['a'],
];
const requests: [string, Json][] = VALUES.flatMap((value): [string, Json][] => [
  ['putItem', { TableName: 'runs', Item: { pk: { S: 'a' }, more: value }, Unknown: 1 }],
  ['updateItem', { ExpressionAttributeValues: { ':a': value }, UpdateExpression: 'SET a = :a', Key: { pk: value } }],
  ['batchGetItem', { RequestItems: { runs: { Keys: [{ pk: value }], ConsistentRead: true } } }],
  ['batchWriteItem', { RequestItems: { runs: [{ PutRequest: { Item: { pk: value } } }] } }],
  ['query', { Limit: value, ConsistentRead: value, KeyConditionExpression: value }],
  ['getItem', { Key: value, ExpressionAttributeNames: { '#a': value } }],
]);

describe('quickened validations of dynalite', () => {
  it.each(requests)('say the same of the types of %s %j', (action, data) => {
    const { types } = real(`dynalite/validations/${action}`) as { types: object };
    const [expected, seen] = [own, quick].map(({ checkTypes }) => said((copy) => checkTypes(copy, types), data));
    // Of the request itself nothing is read any more.
    expect({ ...seen, copy: undefined }).toEqual({ ...expected, copy: undefined });
  });

  it('leave a name like __proto__ to dynalite', () => {
    const { types } = real('dynalite/validations/putItem') as { types: object };
    const data = () => JSON.parse('{"Item":{"__proto__":{"S":"a"}}}') as Json;
    expect(quick.checkTypes(data(), types)).toEqual(own.checkTypes(data(), types));
  });

  it.each(VALUES.map((value) => [value]))('say the same of the value %j', (value) => {
    const [expected, seen] = [own, quick].map(({ validateAttributeValue }) =>
      said(validateAttributeValue, value as Json),
    );
    expect(seen).toEqual(expected);
  });

  const names = { '#s': 'status', '#u': 'constructor' };
  const open = { ':a': { S: 'open' } };
  const two = { ':a': { N: '1' }, ':b': { N: '2' } };
  const expressions: Json[] = [
    { UpdateExpression: 'SET #s = :a REMOVE #u', ExpressionAttributeNames: names, ExpressionAttributeValues: open },
    { UpdateExpression: 'SET #s = :a REMOVE #u', ExpressionAttributeNames: names, ExpressionAttributeValues: two },
    { UpdateExpression: 'SET leg = if_not_exists(leg, :a) + :b ADD n :b', ExpressionAttributeValues: two },
    {
      UpdateExpression: 'SET x.y[1] = list_append(x.y, :a)',
      ExpressionAttributeValues: { ':a': { L: [{ N: '1.0' }] } },
    },
    { UpdateExpression: 'SET a = :a, a = :b', ExpressionAttributeValues: two },
    { UpdateExpression: 'DELETE a :a', ExpressionAttributeValues: { ':a': { SS: ['x'] } } },
    { UpdateExpression: 'DELETE a :a', ExpressionAttributeValues: open },
    { ConditionExpression: 'attribute_not_exists(pk) OR pk IN (:b, :a)', ExpressionAttributeValues: two },
    { ConditionExpression: 'NOT (size(pk) > :a) AND pk.x[0] <> :b', ExpressionAttributeValues: two },
    { ConditionExpression: 'attribute_type(pk, :a)', ExpressionAttributeValues: { ':a': { S: 'N' } } },
    { ConditionExpression: 'attribute_type(pk, :a)', ExpressionAttributeValues: { ':a': { S: 'no' } } },
    { ConditionExpression: 'attribute_exists(pk)' },
    { ConditionExpression: 'attribute_exists(pk)', ExpressionAttributeValues: {} },
    { KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: open, ProjectionExpression: 'a.b, c' },
    { KeyConditionExpression: ':a = pk', ExpressionAttributeValues: open },
    { KeyConditionExpression: 'pk BETWEEN :a AND :b', ExpressionAttributeValues: two },
    {
      KeyConditionExpression: 'pk BETWEEN :a AND :b',
      ExpressionAttributeValues: { ':a': { N: '3' }, ':b': { N: '2' } },
    },
    { KeyConditionExpression: 'pk BETWEEN :a AND :b', ExpressionAttributeValues: { ...two, ':b': { S: 'x' } } },
    ...[two, { ...two, ':b': { N: '-2' } }].map((values) => ({
      FilterExpression: 'a BETWEEN :a AND :a AND b BETWEEN :a AND :b',
      ExpressionAttributeValues: values,
    })),
    { FilterExpression: ':a BETWEEN #s AND :b', ExpressionAttributeNames: names, ExpressionAttributeValues: two },
    { FilterExpression: 'contains(tags, :a)', ExpressionAttributeValues: { ':a': { M: { deep: { S: 'same' } } } } },
    { FilterExpression: 'a = :a', ExpressionAttributeValues: { ':a': { N: '1e2' } } },
    { FilterExpression: 'a = :a', ExpressionAttributeValues: { ':a': { N: 'x' } } },
    { FilterExpression: 'a = :a AND', ExpressionAttributeValues: open },
    { FilterExpression: 'a = :missing', ExpressionAttributeValues: open },
    { FilterExpression: 'name = :a', ExpressionAttributeValues: open },
    { FilterExpression: 'a = :a', ExpressionAttributeValues: open, ExpressionAttributeNames: {} },
    { FilterExpression: 'a = :a', ExpressionAttributeValues: { ...open, 'no name': { S: '' } } },
    {},
  ];

  it('parse what they know as dynalite does, with the values of this request', () => {
    const withOthers = JSON.parse(JSON.stringify(expressions).replaceAll('"open"', '"done"').replaceAll('"1"', '"0"'));
    for (const data of [...expressions, ...(withOthers as Json[]), ...expressions])
      expect(said(quick.validateExpressions, data)).toEqual(said(own.validateExpressions, data));
  });

  it('share nothing that dynalite changes with the next request', () => {
    const { convertKeyCondition } = own as unknown as { convertKeyCondition(expression: unknown): Json };
    const conditions = ['a', 'b', 'c'].map((text) => {
      const data: Json = { KeyConditionExpression: ':a = pk', ExpressionAttributeValues: { ':a': { S: text } } };
      quick.validateExpressions(data);
      return convertKeyCondition((data._keyCondition as { expression: unknown }).expression);
    });
    expect(conditions).toMatchObject(
      ['a', 'b', 'c'].map((text) => ({ pk: { ComparisonOperator: 'EQ', AttributeValueList: [{ S: text }] } })),
    );
  });
});
