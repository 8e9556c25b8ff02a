import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bounded, freshConnections } from '../../adapters/client-options.ts';

let server: Server;
const connections = new Set<number | undefined>();
beforeEach(async () => {
  connections.clear();
  server = createServer((request, response) => {
    connections.add(request.socket.remotePort);
    response.setHeader('content-type', 'application/x-amz-json-1.0').end('{"TableNames":[]}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function connectionsOf(options: object): Promise<number> {
  const client = new DynamoDBClient({
    ...options,
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  for (let call = 0; call < 3; call += 1) await client.send(new ListTablesCommand());
  client.destroy();
  return connections.size;
}

describe('a client whose writes must not be made twice', () => {
  it('sends each over a connection that nobody can have closed while it was idle', async () => {
    expect(await connectionsOf(freshConnections)).toBe(3);
  });

  it('differs in that from all others', async () => {
    expect(await connectionsOf(bounded)).toBe(1);
  });
});
