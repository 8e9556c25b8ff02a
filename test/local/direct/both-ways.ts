import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { newCredentials } from '../../../local/callers.ts';

/** One case: a name, and calls whose answers have to be the same by both ways. */
export type Case<Client> = [string, ...((client: Client) => Promise<object>)[]];

export const credentials = newCredentials();
export const none = () => undefined;
export const plain = { region: 'us-east-1', credentials, maxAttempts: 3 };
export const documents = (client: DynamoDBClient) =>
  DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });

export async function seen(call: Promise<object>): Promise<object> {
  try {
    return { answer: withoutIds(await call) };
  } catch (error) {
    const { name, message, constructor: kind } = error as Error;
    return { ...withoutIds({ ...(error as object) }), name, message, kind: kind.name };
  }
}
const OWN = new Set([
  'requestId',
  'extendedRequestId',
  'cfId',
  'totalRetryDelay',
  'MessageId',
  'RequestId',
  'ReceiptHandle',
]);
const withoutIds = (value: object): object =>
  JSON.parse(
    JSON.stringify(value, (key, part: unknown) => {
      if (part instanceof Set) return [...(part as Set<unknown>)];
      return OWN.has(key) ? undefined : part;
    }),
  ) as object;
