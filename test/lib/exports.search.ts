import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { expect, test } from 'vitest';
import { cairn } from '../../lib/cairn.ts';
import { LOCAL_STAGE, parseConfig } from '../../lib/config.ts';

const FLAGS = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object }).context;

/** Every key of the configuration, except those that rename things, each with the default and another value. */
const CHOICES: Record<string, unknown[]> = {
  publicUrl: [undefined, 'https://links.shop.example'],
  issuer: [undefined, 'https://login.shop.example/'],
  channels: [undefined, ['email'], ['sms'], ['push'], ['webhook']],
  others: [
    {},
    {
      rolesClaim: 'roles',
      emailFrom: 'Shop <news@shop.test>',
      emailIdentities: ['shop.test'],
      smsOriginationIdentity: 'pool-1',
      pinpointApplicationId: 'app-1',
      webhookHosts: ['crm:8443'],
      alarmEmail: 'ops@shop.test',
      limits: { queueConcurrency: 2, requestsPerSecond: 100, requestBurst: 50 },
      logs: { level: 'debug', systemLevel: 'warn', retentionDays: 7 },
      tracing: true,
    },
  ],
  emulator: [false, true],
};

/** Few configurations in which every two values of two keys meet (all of them, 112 with more sets of channels, take minutes). */
function pairwise(): Record<string, unknown>[] {
  const keys = Object.keys(CHOICES);
  const all = keys.reduce<Record<string, number>[]>(
    (some, key) => some.flatMap((one) => CHOICES[key]?.map((_, index) => ({ ...one, [key]: index })) ?? []),
    [{}],
  );
  const pairsOf = (one: Record<string, number>) =>
    keys.flatMap((a, at) => keys.slice(at + 1).map((b) => `${a}${one[a]} ${b}${one[b]}`));
  const missing = new Set(all.flatMap(pairsOf));
  const chosen: Record<string, number>[] = [];
  while (missing.size > 0) {
    const gain = (one: Record<string, number>) => pairsOf(one).filter((pair) => missing.has(pair)).length;
    const best = all.reduce((some, one) => (gain(one) > gain(some) ? one : some));
    for (const pair of pairsOf(best)) missing.delete(pair);
    chosen.push(best);
  }
  return chosen.map((one) => Object.fromEntries(keys.map((key) => [key, CHOICES[key]?.[one[key] ?? 0]])));
}

/** The names that each stack exports, by stack. Without cdk-nag's rules, which the other tests go through. */
function exportsOf({ emulator, others, ...config }: Record<string, unknown>): Record<string, unknown[]> {
  const outdir = mkdtempSync(join(tmpdir(), 'cairn-'));
  try {
    const app = new App({ outdir, context: FLAGS });
    const given = JSON.parse(JSON.stringify({ ...config, ...(others as object) })) as object;
    cairn(
      app,
      '111122223333',
      parseConfig(given, { stage: LOCAL_STAGE, region: 'eu-west-1', emulator: emulator === true }),
    );
    app.synth({ skipValidation: true });
    const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
    return Object.fromEntries(
      templates.map((file) => {
        const { Outputs = {} } = JSON.parse(readFileSync(join(outdir, file), 'utf8')) as {
          Outputs?: Record<string, { Export?: { Name: unknown } }>;
        };
        return [
          file,
          Object.values(Outputs)
            .flatMap(({ Export }) => (Export === undefined ? [] : [Export.Name]))
            .sort(),
        ];
      }),
    );
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

test('the same is exported whatever is configured: an export that another stack imports can neither go nor be renamed', () => {
  const [first, ...others] = pairwise().map((config) => ({ config, exported: exportsOf(config) }));
  expect(Object.values(first?.exported ?? {}).flat().length).toBeGreaterThan(30);
  for (const { config, exported } of others) expect([config, exported]).toEqual([config, first?.exported]);
}, 120_000);
