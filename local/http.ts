import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProviderAnswer } from './providers/outbox.ts';
import type { Json } from './template.ts';

/** Reads the whole body; keeps at most `most` bytes. */
export async function readBody(request: IncomingMessage, most = 20 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= most) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export function answer(
  response: ServerResponse,
  status: number,
  body: Json | string,
  headers: Record<string, string> = {},
): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(text);
}

/** Gives a stand-in's answer. */
export function hand(response: ServerResponse, said: ProviderAnswer): void {
  // The request was accepted and is never answered: the client's own timeout ends it.
  if (said === 'hang') return;
  if (said === 'reset') return void response.socket?.destroy();
  const { status, body, headers, afterMs = 0 } = said;
  const give = () => answer(response, status, body, headers);
  if (afterMs === 0) give();
  else setTimeout(give, afterMs).unref();
}

/** Listens on 127.0.0.1 only. @throws the server's error, as EADDRINUSE */
export async function listen(
  port: number,
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) answer(response, 500, { message: 'Internal Server Error' });
      else response.end();
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

export const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
