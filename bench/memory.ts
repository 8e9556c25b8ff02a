import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { DIST } from '../lib/bundles.ts';
import { startCloud } from '../local/cloud.ts';
import { FunctionError } from '../local/function-thread.ts';
import type { StartFunction } from '../local/lambdas.ts';
import type { Cloud } from '../local/running-cloud.ts';
import { call, postAll, publishExample, track } from './api-client.ts';
import type { FunctionRequest, FunctionResponse, Usage } from './function-process.ts';
import { LIVES } from './lives.ts';

const SECTION = '<mj-section><mj-column><mj-text>Hello {{ profile.name }}</mj-text></mj-column></mj-section>';
const MJML = `<mjml><mj-body>${SECTION.repeat(20)}</mj-body></mjml>`;
const RUNS = 60;
/** As Lambda's own start-up script limits the heap of an instance of 256 MB. */
const HEAP = ['--max-old-space-size=230', '--max-semi-space-size=12'];

export interface FunctionUse {
  name: string;
  invocations: number;
  /** CPU ms of an import, of a first invocation without the import, and the mean of all later ones. */
  importMs: number;
  firstMs: number;
  cpuMs: number;
  calls: number;
  peakMb: number;
}

/** Measures what functions use when customers walk the example journeys: each function in a process of its own, one invocation at a time. */
export async function useOfFunctions(): Promise<FunctionUse[]> {
  const used = new Map<string, Usage[]>();
  const cloud = await startCloud({
    port: 0,
    isVirtual: true,
    at: Date.parse('2026-11-02T01:00:00Z'),
    bench: {
      pointerMaxAgeMs: 5_000,
      startFunction: startProcesses((name, usage) => used.set(name, [...(used.get(name) ?? []), usage])),
    },
  });
  for (const { journey, met, begins, lastsMs } of LIVES) {
    await cloud.reset();
    const pass = (ms: number) => cloud.time.advance(() => cloud.clock.now() + ms);
    const users = Array.from({ length: RUNS }, (_, index) => `run-${index}`);
    await publishExample(cloud, journey, RUNS);
    await design(cloud, journey);
    await pass(6_000);
    await postAll(cloud, users.flatMap(met));
    await pass('afterMs' in begins ? begins.afterMs : 0);
    await postAll(cloud, 'event' in begins ? users.map((user) => track(user, begins.event, begins.properties)) : []);
    await pass(lastsMs);
  }
  await cloud.stop();
  return [...used].map(([name, usages]) => useOf(name, usages)).toSorted((a, b) => a.name.localeCompare(b.name));
}

const LETTER = {
  class: 'transactional',
  content: { email: { subject: 'Hello {{ profile.name }}', mjml: MJML } },
};

/** Does what marketers do before: an e-mail, and simulations. */
async function design(cloud: Cloud, journey: string): Promise<void> {
  await call(cloud, 'marketer', 'PUT', '/v1/templates/letter', LETTER);
  for (let time = 0; time < 5; time += 1)
    await call(cloud, 'marketer', 'POST', `/v1/journeys/${journey}/simulate`, { profile: {}, until: '30d' });
}

function useOf(name: string, usages: Usage[]): FunctionUse {
  const first = usages.filter(({ importMs }) => importMs !== undefined);
  const later = usages.filter(({ importMs }) => importMs === undefined);
  const mean = (of: number[]) => of.reduce((sum, one) => sum + one, 0) / Math.max(1, of.length);
  return {
    name: name.slice(name.indexOf('-') + 1),
    invocations: usages.length,
    importMs: mean(first.map(({ importMs = 0 }) => importMs)),
    firstMs: mean(first.map(({ cpuMs, importMs = 0 }) => cpuMs - importMs)),
    cpuMs: mean((later.length > 0 ? later : first).map(({ cpuMs, importMs = 0 }) => cpuMs - importMs)),
    calls: mean(usages.map(({ calls }) => calls)),
    peakMb: Math.max(...usages.map(({ peakMb }) => peakMb)),
  };
}

const startProcesses =
  (onUsage: (name: string, usage: Usage) => void): StartFunction =>
  (name, { environments }) => {
    const waiting = new Map<number, (response: FunctionResponse) => void>();
    let invocations = 0;
    let child: ChildProcess | undefined;
    function start(): ChildProcess {
      const bundle = join(DIST, name.slice(name.indexOf('-') + 1), 'index.mjs');
      const started = fork(new URL('./function-process.ts', import.meta.url), [bundle], {
        env: environments[name] ?? {},
        execArgv: HEAP,
      });
      started.on('message', (response: FunctionResponse) => {
        onUsage(name, response.usage);
        waiting.get(response.id)?.(response);
        waiting.delete(response.id);
      });
      return started;
    }
    const end = () => {
      child?.kill();
      child = undefined;
    };
    return {
      running: () => waiting.size,
      async run({ event, timeoutMs }) {
        child ??= start();
        const request: FunctionRequest = { id: ++invocations, event, timeoutMs, now: Date.now() };
        const response = await new Promise<FunctionResponse>((resolve) => {
          waiting.set(request.id, resolve);
          child?.send(request);
        });
        const { result, error } = response;
        if (error !== undefined) throw new FunctionError(error.name, error.message);
        return result === undefined ? undefined : JSON.parse(result);
      },
      reset: end,
      collectGarbage: () => undefined,
      stop: async () => end(),
    };
  };
