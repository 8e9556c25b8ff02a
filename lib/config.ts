import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Node } from 'constructs';
import * as z from 'zod';
import { CHANNELS, ChannelSchema } from '../core/channels/registry.ts';
import { CHANNEL_CONFIG_SHAPE, resourcesOf } from './channels/registry.ts';
import { channelsOf, hasUserPools } from './regions.ts';
import { ROOT } from './sources.ts';

/** Stage of the embedded cloud and the deploy test: it has no file, only the defaults. */
export const LOCAL_STAGE = 'local';
const FOLDER = join(ROOT, 'config');

const ORIGIN = 'give the origin alone, https and without a slash at its end: https://links.shop.example';
const isOrigin = (text: string): boolean =>
  text.startsWith('https://') && URL.canParse(text) && new URL(text).origin === text;

/** Most characters of all of them, because a function's variables may have 4 KB together. */
const MAX_HOSTS_CHARACTERS = 2_000;

const LimitsSchema = z.strictObject({
  /** Most concurrent executions that one queue may cause; absent: each queue's own limit in the stacks. SQS accepts no less than 2. */
  queueConcurrency: z.int().min(2).max(1_000).optional(),
  /** Limit of the HTTP API, all routes together; beyond it, API Gateway answers 429. */
  requestsPerSecond: z.int().min(1).default(5_000),
  requestBurst: z.int().min(1).default(2_500),
});

/** Retention periods that CloudWatch supports, in days. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const LogsSchema = z.strictObject({
  /** Cairn's log lines below this level are not written. */
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Level of Lambda's own lines: `info` has one for each invocation, with its duration and memory. */
  systemLevel: z.enum(['debug', 'info', 'warn']).default('info'),
  retentionDays: z
    .literal(RETENTION_DAYS, `give one of ${RETENTION_DAYS.join(', ')}: CloudWatch takes no other`)
    .default(30),
});

const shareSchema = z.number().positive().max(100);
const AlarmsSchema = z.strictObject({
  /** Per cent of a channel's messages of 24 hours by which people unsubscribed: the alarm's, and that by which the channel is paused. */
  unsubscribe: z
    .strictObject({ notify: shareSchema.default(5), pause: shareSchema.default(10) })
    .refine(({ notify, pause }) => notify <= pause, { path: ['notify'], message: 'give no more than `pause`' })
    .prefault({}),
  /** Alarms on errors and throttles of each single function. */
  functions: z.boolean().default(true),
});

const ConfigSchema = z
  .strictObject({
    /** Account of this stage; the CLI refuses credentials of another. Absent: the account of the credentials. */
    account: z
      .string()
      .regex(/^\d{12}$/, 'give the 12 digits of an AWS account')
      .optional(),
    region: z
      .string()
      .regex(/^[a-z]{2,4}(-[a-z]+)+-\d$/, 'give a Region, like eu-west-1')
      .optional(),
    /** First part of every physical name. State machines are named `<prefix>-<journey>-v<n>`, which leaves 8 characters for it. */
    prefix: z
      .string()
      .regex(/^[a-z][a-z0-9]{1,7}$/, 'give 2 to 8 characters of a-z and 0-9, a letter first')
      .default('cairn'),
    /** Origin of unsubscribe pages and counted links; absent: that of the HTTP API. */
    publicUrl: z.string().refine(isOrigin, ORIGIN).optional(),
    /** OIDC issuer of the API's tokens, with its audience; absent: the stack creates a Cognito user pool. */
    issuer: z
      .url({ protocol: /^https$/, error: 'give the issuer’s https URL, as its tokens’ `iss` has it' })
      .optional(),
    audience: z.string().min(1).optional(),
    /** Claim of the token that contains the roles. */
    rolesClaim: z.string().min(1).default('cognito:groups'),
    /** Channels to deploy; a message uses its next channel if one is not deployed. */
    channels: z.array(ChannelSchema).default([...CHANNELS]),
    ...CHANNEL_CONFIG_SHAPE,
    /** Webhook receivers in the team's own network. */
    webhookHosts: z
      .array(
        z
          .string()
          .trim()
          .toLowerCase()
          .regex(/^(\[[\da-f:.]+\]|[a-z\d.-]+)(:\d{1,5})?$/, 'give host:port, without scheme or path'),
      )
      .refine(
        (hosts) => hosts.join().length <= MAX_HOSTS_CHARACTERS,
        `give fewer: together they may have ${MAX_HOSTS_CHARACTERS} characters`,
      )
      .default([]),
    /** E-mail address that gets alarms. */
    alarmEmail: z.email('give an e-mail address').optional(),
    alarms: AlarmsSchema.prefault({}),
    limits: LimitsSchema.prefault({}),
    logs: LogsSchema.prefault({}),
    /** X-Ray traces of functions and of journeys' executions; AWS charges for them. */
    tracing: z.boolean().default(false),
  })
  .superRefine(({ issuer, audience }, context) => {
    if (audience === undefined || issuer !== undefined) return;
    context.addIssue({
      code: 'custom',
      path: ['audience'],
      message: 'needs `issuer`: the stack’s own user pool names its audience itself',
    });
  });

/** Source of a configuration. */
interface Deployment {
  /** Name of the file in `config/`. */
  stage: string;
  /** Region of the credentials; the file's own takes precedence. */
  region: string;
  /** Leaves out what the emulator of the deploy test refuses: see `lib/constructs/emulator-exclusions.ts`. */
  emulator: boolean;
}
export type Config = z.infer<typeof ConfigSchema> & Deployment;

/** @throws Error in one line, with every wrong key */
export function parseConfig(given: unknown, deployment: Deployment): Config {
  const source = `config/${deployment.stage}.json`;
  const read = ConfigSchema.safeParse(given);
  if (!read.success) throw new Error(`${source}: ${read.error.issues.map(sentenceOf).join('; ')}`);
  const config = { ...read.data, ...deployment, region: read.data.region ?? deployment.region };
  const missing = missingIn(config.region, config);
  if (missing !== undefined) throw new Error(`${source}: ${missing}`);
  return config;
}

const sentenceOf = ({ path, message }: z.core.$ZodIssue): string =>
  path.length > 0 ? `${path.join('.')}: ${message}` : message;

/** Returns what the Region lacks, as a sentence that says what to write instead. */
function missingIn(region: string, { channels, issuer }: z.infer<typeof ConfigSchema>): string | undefined {
  const possible = channelsOf(region);
  const absent = channels.filter((channel) => !possible.includes(channel));
  const left = JSON.stringify(channels.filter((channel) => possible.includes(channel)));
  if (absent.length > 0) return `channels: ${region} has no ${absent.join(', no ')}: write "channels": ${left}`;
  if (issuer === undefined && !hasUserPools(region))
    return `issuer: ${region} has no Cognito user pools: set \`issuer\` and \`audience\` of an OIDC provider of your own`;
  return undefined;
}

/** Keys without which a deployment would have no senders or listeners, each with its effect. */
export function placeholdersOf(config: Config): Record<string, string> {
  const deployed = CHANNELS.filter((channel) => config.channels.includes(channel));
  return {
    ...Object.assign({}, ...deployed.map((channel) => resourcesOf(channel).placeholders(config))),
    ...(config.channels.length === 0
      ? { channels: 'nothing is sent: journeys tag, call webhooks and make tasks' }
      : {}),
    ...(config.alarmEmail === undefined ? { alarmEmail: 'nobody hears of alarms' } : {}),
  };
}

/** The only reader of configuration: `config/<stage>.json`, where `stage` is CDK context. */
export function readConfig(node: Node, region: string, folder = FOLDER): Config {
  const misplaced = Object.keys(ConfigSchema.shape).filter((key) => node.tryGetContext(key) !== undefined);
  if (misplaced.length > 0)
    throw new Error(
      `context: ${misplaced.join(', ')}: write it into config/<stage>.json, so that no deployment forgets it`,
    );
  const emulator = z.union([z.boolean(), z.stringbool()]).default(false).parse(node.tryGetContext('emulator'));
  const stage = stageOf(node.tryGetContext('stage'), stagesIn(folder));
  const path = join(folder, `${stage}.json`);
  return parseConfig(existsSync(path) ? jsonOf(path) : {}, { stage, region, emulator });
}

function stagesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const stages = readdirSync(folder).flatMap((file) =>
    file.endsWith('.json') ? [file.slice(0, -'.json'.length)] : [],
  );
  if (!stages.includes(LOCAL_STAGE)) return stages.sort();
  throw new Error(
    `config/${LOCAL_STAGE}.json: rename it: the embedded cloud and the deploy test take the defaults by that name`,
  );
}

/** With one stage, its name is optional; with several, it must be given each time. */
function stageOf(given: unknown, stages: string[]): string {
  if (given === LOCAL_STAGE || stages.includes(String(given))) return String(given);
  const [only = 'default', ...others] = stages;
  if (given === undefined && others.length === 0) return only;
  const known = stages.length > 0 ? `config/ has ${stages.join(', ')}` : 'config/ is empty';
  throw new Error(
    given === undefined
      ? `context: stage: choose one by \`-c stage=<name>\`: ${known}`
      : `context: stage: there is no config/${String(given)}.json: ${known}`,
  );
}

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`config/${basename(path)}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
