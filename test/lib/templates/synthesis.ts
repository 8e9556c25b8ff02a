import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll } from 'vitest';
import { cairn } from '../../../lib/cairn.ts';
import { LOCAL_STAGE, parseConfig } from '../../../lib/config.ts';

export type Properties = Record<string, never> & Record<string, unknown>;

export interface Resource {
  Type: string;
  Properties?: Properties;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

export type Resources = Record<string, Resource>;

export interface Statement {
  Effect: string;
  Action: unknown;
  Resource: unknown;
  Principal?: Record<string, unknown>;
  Condition?: object;
}

export const folders: string[] = [];

export let protectedStacks: string[] = [];
/** cdk.json's flags. */
export const FLAGS = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object }).context;

/** The resources of all stacks as they would be deployed. Synthesis fails if cdk-nag finds a violation without an explanation. */
export async function synthesised(config: Record<string, unknown> = {}, emulator = false): Promise<Resources> {
  const outdir = await mkdtemp(join(tmpdir(), 'cairn-'));
  folders.push(outdir);
  const app = new App({ outdir, context: FLAGS });
  cairn(app, '111122223333', parseConfig(config, { stage: LOCAL_STAGE, region: 'eu-west-1', emulator }));
  const { stacks } = app.synth();
  protectedStacks = stacks.flatMap(({ id, terminationProtection }) => (terminationProtection ? [id] : [])).sort();
  const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  return Object.assign(
    {},
    ...templates.map(
      (file) => (JSON.parse(readFileSync(join(outdir, file), 'utf8')) as { Resources: Resources }).Resources,
    ),
  ) as Resources;
}

export const ofType = (resources: Resources, type: string) =>
  Object.values(resources).filter(({ Type }) => Type === type);

export const propertiesOf = (type: string) => ofType(all, type).map(({ Properties }) => Properties as Properties);
export const ofLogicalId = (type: string) =>
  Object.entries(all).flatMap(([id, { Type, Properties }]) =>
    Type === type ? [[id, Properties as Properties] as const] : [],
  );

/** Returns the statements of each policy of this type. */
export const statementsOf = (type: string) =>
  propertiesOf(type).map(({ PolicyDocument }) => (PolicyDocument as unknown as { Statement: Statement[] }).Statement);

export let all: Resources;
/** Synthesises all stacks before the file's tests. */
export function synthesiseOnce(): void {
  beforeAll(async () => {
    // Files of one worker share it.
    all ??= await synthesised();
  }, 60_000);
  afterAll(async () => {
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
  });
}
