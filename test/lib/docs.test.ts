import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { beforeAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { CHANNELS } from '../../core/channels/registry.ts';
import { functionNames } from '../../lib/bundles.ts';
import { cairn } from '../../lib/cairn.ts';
import { LOCAL_STAGE, parseConfig } from '../../lib/config.ts';
import { CATALOG } from '../../lib/constructs/catalog-partitions.ts';
import { allRoutes } from '../../lib/routes.ts';

interface Template {
  Resources?: Record<
    string,
    { Type: string; Properties?: { AlarmName?: string; AlarmDescription?: string; QueueName?: string } }
  >;
}

let alarms: string[];
let descriptions: string[];
let queues: string[];
beforeAll(async () => {
  const outdir = await mkdtemp(join(tmpdir(), 'cairn-'));
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object };
  const app = new App({ outdir, context });
  cairn(app, '111122223333', parseConfig({}, { stage: LOCAL_STAGE, region: 'eu-west-1', emulator: false }));
  app.synth({ skipValidation: true });
  const files = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  const templates = files.map((file) => JSON.parse(readFileSync(join(outdir, file), 'utf8')) as Template);
  const propertiesOf = (type: string) =>
    templates.flatMap(({ Resources = {} }) =>
      Object.values(Resources).flatMap(({ Type, Properties = {} }) => (Type === type ? [Properties] : [])),
    );
  queues = propertiesOf('AWS::SQS::Queue').map(({ QueueName }) => String(QueueName));
  const properties = propertiesOf('AWS::CloudWatch::Alarm');
  alarms = properties.map(({ AlarmName }) => String(AlarmName));
  descriptions = properties.map(({ AlarmDescription }) => String(AlarmDescription));
  rmSync(outdir, { recursive: true });
}, 60_000);

/** Code in the first cells of a document's tables. */
const namedIn = (file: string): string[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => /^\|([^|]*)\|/.exec(line)?.slice(1) ?? [])
    .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));

describe('the tables of the docs name', () => {
  test.each(['docs/architecture.md', 'docs/security.md'])('each function: %s', (file) => {
    expect(namedIn(file)).toEqual(expect.arrayContaining(functionNames()));
  });

  test('each route of campaigns, with its role: docs/campaigns.md', () => {
    const rows = readFileSync('docs/campaigns.md', 'utf8').matchAll(/^\| (`(?:[A-Z]+) [^|]+) \| `(\w+)` +\|/gm);
    const named = [...rows].flatMap(([, routes = '', role = '']) =>
      [...routes.matchAll(/`([^`]+)`/g)].map(([, one = '']) => `${one.replace('…', '/v1/campaigns/{id}')}: ${role}`),
    );
    const there = allRoutes
      .filter(({ path }) => /^\/v1\/(campaigns|schedule)\b/.test(path))
      .map(({ method, path, role }) => `${method} ${path}: ${role}`);
    expect(named.sort()).toEqual(there.sort());
  });

  test('each partition of Catalog: docs/architecture.md', () => {
    const cells = readFileSync('docs/architecture.md', 'utf8')
      .split('\n')
      .flatMap((line) => /^\|[^|]*\|([^|]*)\|/.exec(line)?.slice(1) ?? [])
      .flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
    const { definitions: _definitions, lifecycles: _lifecycles, ...named } = CATALOG;
    const missing = Object.values(named)
      .flat()
      .filter((partition) => !cells.some((cell) => cell.replace(/<.+>/, '*') === partition));
    expect(missing).toEqual([]);
  });

  test('no queue that is not there: docs/security.md', () => {
    const [table = ''] = readFileSync('docs/security.md', 'utf8').split('A function that consumes a queue');
    const cells = table.split('\n').flatMap((line) => /^\| `[^|]+\|[^|]*\|([^|]*)\|/.exec(line)?.slice(1) ?? []);
    const named = new Set(cells.flatMap((cell) => cell.trim().split(', ')));
    for (const words of ['', 'the same', 'all queues (a redrive)']) expect(named.delete(words), words).toBe(true);
    const gone = [...named].filter((name) => {
      const pattern = new RegExp(`^cairn-${name.replaceAll('*', '.+')}(\\.fifo)?$`);
      return !queues.some((queue) => pattern.test(queue));
    });
    expect(gone).toEqual([]);
  });

  test('each environment variable of the functions: docs/architecture.md', async () => {
    const schemas = functionNames().map(
      (name) => import(`../../functions/${name}/env.ts`) as Promise<{ EnvSchema: z.ZodObject }>,
    );
    const variables = (await Promise.all(schemas)).flatMap(({ EnvSchema }) => Object.keys(EnvSchema.shape));
    const named = namedIn('docs/architecture.md')
      .flatMap((name) =>
        name.includes('<CHANNEL>') ? CHANNELS.map((channel) => name.replace('<CHANNEL>', channel.toUpperCase())) : name,
      )
      .filter((name) => /^[A-Z]+(_[A-Z]+)*$/.test(name));
    expect(named).toEqual(expect.arrayContaining(variables));
    const gone = named.filter((name) => !variables.includes(name));
    expect(gone).toEqual(['DEAD_LETTER_QUEUE_URL']);
  });

  test('each alarm, and none that is not there', () => {
    const named = namedIn('docs/operations.md').filter((name) => /^cairn-[\w<>-]+$/.test(name));
    expect(named.length).toBeGreaterThan(10);
    const any = named.map((name) => new RegExp(`^${name.replace(/<[a-z]+>/g, '[a-z-]+')}$`));
    expect(alarms.filter((alarm) => !any.some((one) => one.test(alarm)))).toEqual([]);
    expect(named.filter((_, index) => !alarms.some((alarm) => any[index]?.test(alarm)))).toEqual([]);
    // The mail that an alarm sends leads its reader there.
    for (const description of descriptions) expect(description).toMatch(/\. What to do: docs\/operations\.md\.$/);
  });
});
