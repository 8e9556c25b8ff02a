import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { type Answer, type Answering, caller, serve } from '../../../local/direct/calls.ts';
import { directClients } from '../../../local/direct/clients.ts';
import { documents, plain, seen } from './both-ways.ts';

describe('what goes wrong on the way', () => {
  /** A busy machine answers within it. */
  const TIMEOUT_MS = 3_000;
  const ok: Answer = { status: 200, headers: {}, body: '{"Item":{"pk":{"S":"a"}}}' };
  const refused = (status: number, type: string): Answer => ({
    status,
    headers: {},
    body: JSON.stringify({ __type: type, message: 'no' }),
  });
  const lost = new Promise<Answer>(() => undefined);
  const throttled = refused(400, 'com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException');
  const cases: [string, (Answer | Promise<Answer>)[]][] = [
    ['throttled twice', [throttled, throttled, ok]],
    ['throttled for good', [throttled, throttled, throttled]],
    ['a fault within the service', [refused(500, 'InternalServerError'), refused(503, 'ServiceUnavailable'), ok]],
    ['an answer that is lost', [lost, ok]],
    ['no answer at all', [lost, lost, lost]],
    ['a refusal that is not repeated', [refused(400, 'com.amazon.coral.validate#ValidationException'), ok]],
    ['an answer that is no JSON', [{ ...ok, body: '<html>' }, ok]],
  ];
  const get = (client: DynamoDBClient) =>
    seen(documents(client).send(new GetCommand({ TableName: 'cairn-runs', Key: { pk: 'a', sk: '#' } })));

  async function byWire(answering: Answering): Promise<object> {
    const server = createServer(async (request, response) => {
      request.resume();
      const { status, headers, body } = await answering({ id: 0, operation: 'GetItem', input: '' });
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const requestHandler = { requestTimeout: TIMEOUT_MS, throwOnRequestTimeout: true };
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const answer = await get(new DynamoDBClient({ ...plain, endpoint, requestHandler }));
    server.closeAllConnections();
    server.close();
    return answer;
  }
  async function directly(answering: Answering): Promise<object> {
    const { port1, port2 } = new MessageChannel();
    serve(port1, answering);
    const client = new DynamoDBClient(plain);
    directClients({ asks: { dynamodb: caller(port2) } })(client, TIMEOUT_MS);
    const answer = await get(client);
    port1.close();
    return answer;
  }

  it.each(cases)('is reported and retried alike by both ways: %s', async (_name, answers) => {
    const calls = { wire: 0, direct: 0 };
    const inTurn = (way: 'wire' | 'direct') => () => answers[calls[way]++] ?? refused(500, 'InternalServerError');
    const [wire, direct] = await Promise.all([byWire(inTurn('wire')), directly(inTurn('direct'))]);
    expect(said(direct)).toEqual(said(wire));
    expect(calls.direct).toBe(calls.wire);
  });
  /** Only the words of a timeout differ. */
  const said = (answer: object) => ({ ...answer, message: undefined });

  it('fails where the stand-in has ended its thread', async () => {
    const { port1, port2 } = new MessageChannel();
    const client = new DynamoDBClient({ ...plain, maxAttempts: 1 });
    directClients({ asks: { dynamodb: caller(port2) } })(client, 60_000);
    serve(port1, () => lost);
    const answer = get(client);
    port1.close();
    expect(await answer).toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
    expect(await get(client)).toMatchObject({ name: 'TimeoutError', code: 'ECONNRESET' });
  });
});
