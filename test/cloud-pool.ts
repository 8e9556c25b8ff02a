import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Cairn } from './scenarios/cairn.ts';

export interface CloudPool {
  /** `POST /lend` answers the URL of a cloud that is as new; `POST /give-back` takes one in its body. */
  url: string;
  /** Stops the unused clouds, so that the next ones run the current code. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Lends clouds to the files of scenarios, one after the other. A cloud that was given back is reset, so it remembers nothing; but its
 * functions are loaded and compiled, which else costs every file some seconds.
 */
export async function startCloudPool(): Promise<CloudPool> {
  const all = new Map<string, Cairn>();
  const idle: Cairn[] = [];

  async function lend(): Promise<string> {
    for (let cairn = idle.pop(); cairn !== undefined; cairn = idle.pop()) {
      if (await isReset(cairn)) return cairn.url;
      await end(cairn);
    }
    const cairn = await Cairn.start('2026-11-02T01:00:00.000Z');
    all.set(cairn.url, cairn);
    return cairn.url;
  }
  async function end(cairn: Cairn): Promise<void> {
    all.delete(cairn.url);
    await cairn.stop();
  }
  function takeBack(url: string): string {
    const cairn = all.get(url);
    if (cairn === undefined) throw new Error(`${url} was not lent`);
    idle.push(cairn);
    return url;
  }

  const server = createServer(async (request, response) => {
    try {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      response.end(request.url === '/lend' ? await lend() : takeBack(body));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    renew: async () => void (await Promise.all(idle.splice(0).map(end))),
    async stop() {
      await Promise.all([...all.values()].map(end));
      server.closeAllConnections();
      server.close();
    },
  };
}

/** Returns false for a cloud that has died or hangs. */
const isReset = (cairn: Cairn): Promise<boolean> =>
  cairn.reset().then(
    () => true,
    () => false,
  );
