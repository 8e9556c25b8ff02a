import type { Json } from '../template.ts';

/** A value as DynamoDB's protocol has it: one field, named by its type. */
type AttributeValue = { B?: unknown; BS?: unknown[]; L?: AttributeValue[]; M?: Attributes };
type Attributes = Record<string, AttributeValue>;

interface TableOutput {
  Item?: Attributes;
  Attributes?: Attributes;
  Items?: Attributes[];
  Responses?: Record<string, Attributes[]>;
  LastEvaluatedKey?: Attributes;
}

const FREQUENT = new Set([
  'GetItem',
  'BatchGetItem',
  'Query',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'SendMessage',
  'SendMessageBatch',
]);

/** Returns what a successful answer to one of the frequent operations says; undefined: it is left to the SDK. None of them contains instants. */
export function outputOf(operation: string, body: string): Json | undefined {
  if (!FREQUENT.has(operation)) return undefined;
  const output = parsed(body);
  if (output === undefined) return undefined;
  const { Item, Attributes, Items = [], Responses = {}, LastEvaluatedKey } = output;
  for (const item of [Item, Attributes, LastEvaluatedKey, ...Items, ...Object.values(Responses).flat()])
    readBytes(item);
  return { ...output, $metadata: { httpStatusCode: 200 } };
}

/** The SDK has its own error for what is no JSON. */
function parsed(body: string): (TableOutput & Json) | undefined {
  try {
    return JSON.parse(body) as TableOutput & Json;
  } catch {
    return undefined;
  }
}

/** Base64 is read as bytes, in place. */
function readBytes(attributes: Attributes | undefined): void {
  for (const value of Object.values(attributes ?? {})) readValue(value);
}

function readValue(value: AttributeValue): void {
  if (value.B !== undefined) value.B = bytesOf(value.B);
  else if (value.BS !== undefined) value.BS = value.BS.map(bytesOf);
  else if (value.M !== undefined) readBytes(value.M);
  else value.L?.forEach(readValue);
}

const bytesOf = (base64: unknown): Uint8Array => new Uint8Array(Buffer.from(String(base64), 'base64'));
