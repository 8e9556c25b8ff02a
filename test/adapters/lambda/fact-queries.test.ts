import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { factQueries } from '../../../adapters/lambda/fact-queries.ts';

let silent: Server;
let asked = 0;
let endpoint = '';
beforeAll(async () => {
  silent = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
});
afterAll(() => {
  silent.closeAllConnections();
  silent.close();
});

test('a question that takes too long is asked once, and given up with words for who waits', async () => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const client = new LambdaClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 2 });
  const answer = factQueries(client, 'cairn-query-facts', 200).ask({ query: 'counts', day: '2026-11-02' });
  await expect(answer).rejects.toMatchObject({ fault: { code: 'unavailable', retryAfterSeconds: 60 } });
  expect(asked).toBe(1);
});
