import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { functionNames } from '../../lib/bundles.ts';
import { cairn } from '../../lib/cairn.ts';
import { LEFT_OUT_IN_EMULATOR } from '../../lib/constructs/left-out.ts';

type Properties = Record<string, never> & Record<string, unknown>;
interface Resource {
  Type: string;
  Properties?: Properties;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}
type Resources = Record<string, Resource>;

const folders: string[] = [];
/** cdk.json's flags, and what is given. */
const FLAGS = (JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object }).context;

/** The resources of all stacks as they would be deployed. Synthesis fails where cdk-nag finds what is not explained. */
async function synthesised(context: Record<string, unknown> = {}): Promise<Resources> {
  const outdir = await mkdtemp(join(tmpdir(), 'cairn-'));
  folders.push(outdir);
  const app = new App({ outdir, context: { ...FLAGS, ...context } });
  cairn(app, { account: '111122223333', region: 'eu-west-1' });
  app.synth();
  const templates = readdirSync(outdir).filter((file) => file.endsWith('.template.json'));
  return Object.assign(
    {},
    ...templates.map(
      (file) => (JSON.parse(readFileSync(join(outdir, file), 'utf8')) as { Resources: Resources }).Resources,
    ),
  ) as Resources;
}

const ofType = (resources: Resources, type: string) => Object.values(resources).filter(({ Type }) => Type === type);
const propertiesOf = (type: string) => ofType(all, type).map(({ Properties }) => Properties as Properties);
const ours = () => propertiesOf('AWS::Lambda::Function').filter(({ FunctionName }) => FunctionName !== undefined);

let all: Resources;
beforeAll(async () => {
  all = await synthesised();
}, 60_000);
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true });
});

describe('data', () => {
  test('is kept when the stack goes, encrypted, recoverable, and forgets by `ttl`', () => {
    const tables = ofType(all, 'AWS::DynamoDB::Table');
    expect(tables).toHaveLength(5);
    for (const table of tables) {
      expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
      expect(table.Properties).toMatchObject({
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      });
    }
  });

  test('has indexes that hold keys only: they are written with every change of a key', () => {
    const indexes = propertiesOf('AWS::DynamoDB::Table').flatMap(
      ({ GlobalSecondaryIndexes = [] }) => GlobalSecondaryIndexes as { Projection: object }[],
    );
    expect(indexes.length).toBeGreaterThan(8);
    for (const { Projection } of indexes) expect(Projection).toEqual({ ProjectionType: 'KEYS_ONLY' });
  });

  test('includes what signs links that were sent, and what receivers of webhooks hold', () => {
    const secrets = ofType(all, 'AWS::SecretsManager::Secret');
    expect(secrets).toMatchObject([{ DeletionPolicy: 'Retain' }, { DeletionPolicy: 'Retain' }]);
  });
});

describe('queues', () => {
  const queues = () => propertiesOf('AWS::SQS::Queue');

  test('each has a dead-letter queue, or is one', () => {
    const dead = queues().filter(({ QueueName }) => /-dlq(\.fifo)?$/.test(String(QueueName)));
    const live = queues().filter((queue) => !dead.includes(queue));
    expect(live.length).toBe(dead.length);
    for (const queue of live) expect(queue.RedrivePolicy).toMatchObject({ maxReceiveCount: 10 });
  });

  test('are encrypted, and keep for 14 days what nobody takes', () => {
    for (const queue of queues())
      expect(queue).toMatchObject({ SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 3600 });
  });

  test('of events has high throughput: limits and deduplication hold for each profile', () => {
    expect(queues().find(({ QueueName }) => QueueName === 'cairn-events.fifo')).toMatchObject({
      FifoQueue: true,
      DeduplicationScope: 'messageGroup',
      FifoThroughputLimit: 'perMessageGroupId',
    });
  });

  test('hide a message for six times as long as its function may run', () => {
    const byId = (id: string) => all[id]?.Properties as Properties;
    const target = (reference: unknown) =>
      byId(String((reference as { Ref?: string }).Ref ?? (reference as { 'Fn::GetAtt': string[] })['Fn::GetAtt']?.[0]));
    const mappings = propertiesOf('AWS::Lambda::EventSourceMapping').filter(
      ({ EventSourceArn }) =>
        typeof EventSourceArn === 'object' && EventSourceArn !== null && 'Fn::GetAtt' in EventSourceArn,
    );
    expect(mappings.length).toBeGreaterThan(3);
    for (const { EventSourceArn, FunctionName } of mappings)
      expect(Number(target(EventSourceArn).VisibilityTimeout)).toBeGreaterThanOrEqual(
        6 * Number(target(FunctionName).Timeout),
      );
  });

  test('hand on batches of which single records may fail', () => {
    for (const mapping of propertiesOf('AWS::Lambda::EventSourceMapping'))
      expect(mapping.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
  });

  test('wake somebody when a message is put aside', () => {
    const alarms = propertiesOf('AWS::CloudWatch::Alarm').map(({ AlarmName }) => String(AlarmName));
    const dead = queues().map(({ QueueName }) => /^cairn-(.*)-dlq/.exec(String(QueueName))?.[1]);
    for (const name of dead.filter((one) => one !== undefined)) expect(alarms).toContain(`cairn-${name}-dead-letters`);
  });
});

describe('functions', () => {
  test('each has its bundle, a timeout, memory, a log of its own', () => {
    expect(
      ours()
        .map(({ FunctionName }) => String(FunctionName).replace('cairn-', ''))
        .sort(),
    ).toEqual(functionNames());
    for (const fn of ours())
      expect(fn).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Timeout: expect.any(Number),
        MemorySize: expect.any(Number),
        LoggingConfig: { LogGroup: expect.anything() },
      });
    for (const log of propertiesOf('AWS::Logs::LogGroup')) expect(log.RetentionInDays).toEqual(expect.any(Number));
  });

  test.each(functionNames())('%s is given exactly the variables that it asks for', async (name) => {
    const { EnvSchema } = (await import(`../../functions/${name}/env.ts`)) as { EnvSchema: z.ZodObject };
    const fn = ours().find(({ FunctionName }) => FunctionName === `cairn-${name}`);
    const given = Object.keys((fn?.Environment as { Variables?: object } | undefined)?.Variables ?? {});
    const own = ['NODE_OPTIONS', 'DEAD_LETTER_QUEUE_URL'];
    expect(given.filter((variable) => !own.includes(variable)).sort()).toEqual(Object.keys(EnvSchema.shape).sort());
  });

  test('may do what is named, to what is named', () => {
    const statements = propertiesOf('AWS::IAM::Policy').flatMap(
      ({ PolicyDocument }) =>
        (PolicyDocument as unknown as { Statement: { Action: unknown; Resource: unknown }[] }).Statement,
    );
    for (const { Action } of statements)
      for (const action of [Action].flat()) expect(String(action)).toMatch(/^[a-z0-9-]+:[A-Za-z]+\*?$/);
    const open = statements.filter(({ Resource }) => [Resource].flat().includes('*'));
    // Actions that know no resource: docs/decisions and the acknowledgements beside them say which.
    for (const { Action } of open)
      for (const action of [Action].flat())
        expect(String(action)).toMatch(
          /^(states:(SendTask\w+|ListStateMachines|ValidateStateMachineDefinition)|xray:|cloudwatch:)/,
        );
  });

  test('that make machines make only ours, and hand them one role', () => {
    const text = JSON.stringify(propertiesOf('AWS::IAM::Policy'));
    expect(text).toContain(':stateMachine:cairn-*');
    expect(propertiesOf('AWS::IAM::Role').map(({ RoleName }) => RoleName)).toContain('cairn-journeys');
    const step = ours().find(({ FunctionName }) => FunctionName === 'cairn-step');
    // The machines of a year ago name it.
    expect(step?.FunctionName).toBe('cairn-step');
  });
});

describe('context', () => {
  test('names everything by the prefix', async () => {
    const renamed = await synthesised({ prefix: 'acme' });
    for (const queue of ofType(renamed, 'AWS::SQS::Queue'))
      expect(String(queue.Properties?.QueueName)).toMatch(/^acme-/);
    for (const table of ofType(renamed, 'AWS::DynamoDB::Table'))
      expect(String(table.Properties?.TableName)).toMatch(/^acme-/);
  }, 30_000);

  test('sets who sends', async () => {
    const own = JSON.stringify(
      await synthesised({
        emailFrom: 'Acme <hi@acme.example>',
        smsOriginationIdentity: 'pool-1',
        pinpointApplicationId: 'app-1',
      }),
    );
    for (const identity of ['Acme <hi@acme.example>', 'pool-1', 'app-1']) expect(own).toContain(identity);
  }, 30_000);

  test('that is wrong is named', async () => {
    await expect(synthesised({ prefix: 'Too-Long-A-Name' })).rejects.toThrow(/context: prefix/);
  });

  test('`emulator` leaves out what it says and nothing else', async () => {
    const emulated = await synthesised({ emulator: 'true' });
    const gone = Object.keys(all).filter((id) => !(id in emulated));
    const types = new Set(gone.map((id) => all[id]?.Type));
    expect([...types].sort()).toEqual(['AWS::CloudWatch::Alarm', 'AWS::SMSVOICE::ConfigurationSet']);
    expect(Object.keys(LEFT_OUT_IN_EMULATOR)).toHaveLength(2);
    expect(await synthesised({ emulator: 'false' })).toEqual(all);
  }, 60_000);
});
