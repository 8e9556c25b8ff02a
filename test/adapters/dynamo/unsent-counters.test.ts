import { type AddressInfo, createServer, type Server } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshConnections } from '../../../adapters/client-options.ts';
import { metricsStore } from '../../../adapters/dynamo/metrics.ts';

/** Its port once it listens. */
const listening = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const SUM = { scope: 'journey:j', day: '2026-11-02', counts: { entered: 2 }, expiresAt: 0 };

/** What becomes of a counter by the client that counts, at this endpoint. */
function add(endpoint: string, handler: object = {}): Promise<boolean> {
  const client = new DynamoDBClient({
    ...freshConnections,
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    endpoint,
    requestHandler: { ...freshConnections.requestHandler, ...handler },
  });
  return metricsStore(DynamoDBDocumentClient.from(client), 'metrics').add(SUM);
}

describe('a counter', () => {
  let reset: Server;
  let port: number;
  beforeAll(async () => {
    reset = createServer((socket) => socket.once('data', () => socket.destroy()));
    port = await listening(reset);
  });
  afterAll(() => {
    reset.close();
  });

  it('is certainly not increased where nobody listens', async () => {
    const gone = createServer();
    const freed = await listening(gone);
    await new Promise((resolve) => gone.close(resolve));
    expect(await add(`http://127.0.0.1:${freed}`)).toBe(false);
  });

  it('is certainly not increased where the connection is not made in time', async () => {
    // Reserved for documentation: nobody answers there, or it cannot be reached at all.
    expect(await add('http://192.0.2.1', { connectionTimeout: 20 })).toBe(false);
  });

  it('may have been increased where the request has left', async () => {
    await expect(add(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });
});
