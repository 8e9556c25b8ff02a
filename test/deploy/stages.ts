import { Cairn } from '../scenarios/cairn.ts';
import type { Stage } from './histories.ts';

type Json = Record<string, unknown>;
const WITHIN_MS = 90_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The deployed stage, over HTTP, in real time. */
export async function deployedStage(api: string, tokens: Record<string, string>): Promise<Stage> {
  const call: Stage['call'] = async (role, method, path, body) => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens[role]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? {} : JSON.parse(text)) as Json;
  };
  const { key } = await call('admin', 'POST', '/v1/keys', { kind: 'server', name: 'deploy test' });
  return {
    concurrent: true,
    call,
    async post(batch, context) {
      const posted = await fetch(`${api}/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${String(key)}:`)}` },
        body: JSON.stringify({ batch, context }),
      });
      if (posted.status !== 200) throw new Error(`batch: ${posted.status} ${await posted.text()}`);
    },
    rest: () => sleep(6_000),
    // AWS looks at the rules every 5 s.
    settleRules: () => sleep(5_500),
    async until(what, holds, withinMs = WITHIN_MS) {
      const deadline = Date.now() + withinMs;
      while (!(await holds())) {
        if (Date.now() > deadline) throw new Error(`not within ${withinMs / 1000} s: ${what}`);
        await sleep(500);
      }
    },
  };
}

/** The embedded cloud on its virtual clock: one second after the other. */
export async function embeddedStage(): Promise<Stage & { stop(): Promise<unknown> }> {
  const cairn = await Cairn.start(new Date().toISOString());
  return {
    concurrent: false,
    call: (role, method, path, body) => cairn.ok(role, method, path, body),
    async post(batch, context) {
      const key = Buffer.from('dev:').toString('base64');
      await cairn.call('POST', '/v1/batch', { batch, context }, { authorization: `Basic ${key}` });
      await cairn.local('POST', 'settle');
    },
    settleRules: async () => {},
    rest: async () => {},
    async until(what, holds) {
      for (let passed = 0; !(await holds()); passed += 1) {
        if (passed > 120) throw new Error(`not within 120 s: ${what}`);
        await cairn.advance('1s');
      }
    },
    stop: () => cairn.stop(),
  };
}
