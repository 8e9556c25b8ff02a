import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { App } from 'aws-cdk-lib';
import { ensureBundles } from '../../lib/bundles.ts';
import { cairn } from '../../lib/cairn.ts';
import { LOCAL_STAGE, parseConfig } from '../../lib/config.ts';
import { ROOT } from '../../lib/sources.ts';
import { installPython, VENV } from './emulator.ts';

/** `npm run lint:templates`: cfn-lint, which knows what each Region has, over the stacks as they are for Regions with and without each channel. */
const CFN_LINT = 'cfn-lint==1.58.0';
const ISSUER = { issuer: 'https://login.shop.example', audience: 'cairn' };
const REGIONS: [region: string, config: object][] = [
  ['us-east-1', {}],
  ['eu-central-1', { ...ISSUER, publicUrl: 'https://links.shop.example', tracing: true }],
  ['ap-southeast-4', { channels: ['sms', 'push'] }],
  ['ap-southeast-5', { channels: ['email', 'push'] }],
  ['ap-east-1', { channels: ['push'] }],
  ['cn-north-1', { channels: ['webhook'], ...ISSUER }],
];
/** Dependencies that the CDK writes although a reference says the same. */
const IGNORED = 'W3005';

await installPython([CFN_LINT]);
await ensureBundles();
const { context } = JSON.parse(readFileSync(join(ROOT, 'cdk.json'), 'utf8')) as { context: object };
let failed = 0;
for (const [region, config] of REGIONS) {
  const outdir = await mkdtemp(join(tmpdir(), 'cairn-lint-'));
  const app = new App({ outdir, context });
  cairn(app, '111122223333', parseConfig(config, { stage: LOCAL_STAGE, region, emulator: false }));
  app.synth();
  const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  const args = ['--regions', region, '--ignore-checks', IGNORED, '--', ...templates.map((file) => join(outdir, file))];
  try {
    await promisify(execFile)(join(VENV, 'bin', 'cfn-lint'), args, { maxBuffer: 1 << 26 });
    console.log(`ok      ${region}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${region}\n${(error as { stdout?: string }).stdout ?? String(error)}`);
  }
  await rm(outdir, { recursive: true });
}
process.exitCode = failed > 0 ? 1 : 0;
