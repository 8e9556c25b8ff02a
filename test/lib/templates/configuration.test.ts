import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { beforeAll, describe, expect, test } from 'vitest';
import { functionNames } from '../../../lib/bundles.ts';
import { cairn } from '../../../lib/cairn.ts';
import { parseConfig } from '../../../lib/config.ts';
import { EXCLUDED_FROM_EMULATOR } from '../../../lib/constructs/emulator-exclusions.ts';
import {
  all,
  FLAGS,
  folders,
  ofType,
  type Resource,
  type Resources,
  type Statement,
  synthesised,
  synthesiseOnce,
} from './synthesis.ts';

synthesiseOnce();

describe('configuration', () => {
  const own = {
    prefix: 'acme',
    issuer: 'https://login.acme.example/',
    audience: 'marketing',
    publicUrl: 'https://links.acme.example',
    emailFrom: 'Acme, Inc. <hi@acme.example>',
    emailSenders: ['Offers <offers@shop.example>'],
    emailIdentities: ['acme.example', 'shop.example'],
    smsOriginationIdentity: 'pool-1',
    pinpointApplicationId: 'app-1',
  };
  let acme: Resources;
  beforeAll(async () => {
    acme = await synthesised(own);
  }, 60_000);

  test('names everything by the prefix', () => {
    const names = Object.values(acme).map(({ Properties: { QueueName, TableName, FunctionName, TopicName } = {} }) =>
      [QueueName, TableName, FunctionName, TopicName].find((name) => typeof name === 'string'),
    );
    for (const name of names) expect(name ?? 'acme-').toMatch(/^acme-/);
  });

  test('sets who sends, and where links lead', () => {
    for (const [name, value] of [
      // A bare comma would end the address.
      ['send-email', '"Acme, Inc." <hi@acme.example>'],
      ['send-sms', own.smsOriginationIdentity],
      ['send-push', own.pinpointApplicationId],
    ]) {
      const fn = Object.values(acme).find(({ Properties }) => Properties?.FunctionName === `acme-${name}`);
      const variables = Object.values(
        (fn?.Properties?.Environment as { Variables?: object } | undefined)?.Variables ?? {},
      );
      expect(variables).toEqual(expect.arrayContaining([value, own.publicUrl]));
    }
  });

  test('tells the API what templates may name as senders', () => {
    const fn = Object.values(acme).find(({ Properties }) => Properties?.FunctionName === 'acme-admin-api');
    expect(fn?.Properties?.Environment).toMatchObject({
      Variables: {
        EMAIL_SENDERS: 'hi@acme.example\noffers@shop.example',
        EMAIL_IDENTITIES: 'acme.example\nshop.example',
      },
    });
  });

  test('takes the tokens of another issuer where one is named', () => {
    expect(ofType(acme, 'AWS::Cognito::UserPool')).toEqual([]);
    expect(ofType(acme, 'AWS::ApiGatewayV2::Authorizer')).toMatchObject([
      { Properties: { JwtConfiguration: { Issuer: own.issuer, Audience: [own.audience] } } },
    ]);
  });

  test('names the identities that may be sent from, and no others', () => {
    const sending = (resources: Resources, action: string) =>
      ofType(resources, 'AWS::IAM::Policy')
        .flatMap(
          ({ Properties }) =>
            (Properties?.PolicyDocument as unknown as { Statement: Statement[] } | undefined)?.Statement ?? [],
        )
        .filter(({ Action }) => Action === action)
        .flatMap(({ Resource }) => Resource)
        .sort();
    const ses = 'arn:aws:ses:eu-west-1:111122223333:';
    const voice = 'arn:aws:sms-voice:eu-west-1:111122223333:';
    // The sender's, and those of report mails.
    expect([...new Set(sending(acme, 'ses:SendEmail'))]).toEqual([
      `${ses}configuration-set/acme`,
      `${ses}identity/*`,
      `${ses}identity/acme.example`,
      `${ses}identity/shop.example`,
    ]);
    // If the recipient is an identity of the account, as in the sandbox, SES checks that one too.
    const open = Object.values(acme)
      .flatMap(
        ({ Properties }) =>
          (Properties?.PolicyDocument as unknown as { Statement?: Statement[] } | undefined)?.Statement ?? [],
      )
      .filter(({ Resource }) => JSON.stringify(Resource ?? '').includes('identity/*'));
    const ours = {
      Action: 'ses:SendEmail',
      Condition: { StringEquals: { 'ses:FromAddress': ['hi@acme.example', 'offers@shop.example'] } },
    };
    expect(open).toMatchObject([ours, ours]);
    expect(sending(acme, 'sms-voice:SendTextMessage')).toEqual([
      `${voice}configuration-set/acme`,
      `${voice}pool/pool-1`,
    ]);
    expect(sending(all, 'sms-voice:SendTextMessage')).toContain(`${voice}sender-id/Cairn/*`);
  });

  test('without a channel has none of its resources, and its sender says so', async () => {
    const pushOnly = await synthesised({ channels: ['push'] });
    const types = new Set(Object.values(pushOnly).map(({ Type }) => Type));
    for (const type of types) expect(type).not.toMatch(/^AWS::(SES|SMSVOICE)::/);
    const text = JSON.stringify(pushOnly);
    for (const gone of ['ses:SendEmail', 'sms-voice', 'ses.amazonaws.com']) expect(text).not.toContain(gone);
    const { Properties } = ofType(pushOnly, 'AWS::Lambda::Function').find(
      (one) => one.Properties?.FunctionName === 'cairn-send-email',
    ) as Resource;
    expect(Properties?.Environment).toMatchObject({ Variables: { CHANNELS: 'push' } });
  }, 60_000);

  test('bounds what one queue may take of the account’s concurrent executions, and the API’s requests', async () => {
    const limited = await synthesised({ limits: { queueConcurrency: 3, requestsPerSecond: 50, requestBurst: 20 } });
    const most = ofType(limited, 'AWS::Lambda::EventSourceMapping').map(
      ({ Properties }) =>
        (Properties?.ScalingConfig as { MaximumConcurrency?: number } | undefined)?.MaximumConcurrency,
    );
    expect(most.length).toBeGreaterThan(10);
    // A limit that is already lower stays.
    expect(new Set(most)).toEqual(new Set([2, 3]));
    expect(ofType(limited, 'AWS::ApiGatewayV2::Stage')).toMatchObject([
      { Properties: { DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 20 } } },
    ]);
  }, 60_000);

  test('sets how much is logged and how long it is kept, and traces functions and journeys', async () => {
    const observed = await synthesised({
      logs: { level: 'debug', systemLevel: 'warn', retentionDays: 400 },
      tracing: true,
    });
    const functions = ofType(observed, 'AWS::Lambda::Function').filter(({ Properties }) => Properties?.FunctionName);
    expect(functions).toHaveLength(functionNames().length);
    for (const { Properties } of functions)
      expect(Properties).toMatchObject({
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'DEBUG', SystemLogLevel: 'WARN' },
        TracingConfig: { Mode: 'Active' },
      });
    for (const { Properties } of ofType(observed, 'AWS::Logs::LogGroup')) expect(Properties?.RetentionInDays).toBe(400);

    // Each function's role, and that of the journeys' machines, which `lifecycle-api` makes traced.
    const tracers = ofType(observed, 'AWS::IAM::Policy').filter((policy) => JSON.stringify(policy).includes('xray:'));
    expect(tracers).toHaveLength(functions.length + 1);
    const lifecycle = functions.find(({ Properties }) => Properties?.FunctionName === ('cairn-lifecycle-api' as never));
    expect(lifecycle?.Properties?.Environment).toMatchObject({ Variables: { TRACING: 'true' } });
  }, 60_000);

  test('lets Lambda drop no metric, however little is logged', async () => {
    const quiet = await synthesised({ logs: { level: 'error' } });
    const functions = ofType(quiet, 'AWS::Lambda::Function').filter(({ Properties }) => Properties?.FunctionName);
    for (const { Properties } of functions)
      expect(Properties).toMatchObject({
        LoggingConfig: { ApplicationLogLevel: 'INFO' },
        Environment: { Variables: { LOG_LEVEL: 'error' } },
      });
  }, 60_000);

  test('names no partition: the same in China', async () => {
    const outdir = await mkdtemp(join(tmpdir(), 'cairn-'));
    folders.push(outdir);
    const app = new App({ outdir, context: FLAGS });
    const given = { channels: [], issuer: 'https://login.shop.example', audience: 'cairn' };
    cairn(app, '111122223333', parseConfig(given, { stage: 'cn', region: 'cn-north-1', emulator: false }));
    app.synth();
    for (const file of readdirSync(outdir).filter((name) => /^[A-Z]\w+\.template\.json$/.test(name))) {
      const text = readFileSync(join(outdir, file), 'utf8');
      expect(text).not.toContain('arn:aws:');
      expect(
        text.replaceAll(/"Service":"[a-z-]+\.amazonaws\.com"/g, '').replaceAll(/"[a-z-]+\.amazonaws\.com"/g, ''),
      ).not.toMatch(/amazonaws\.com(?!\.cn)/);
    }
  }, 60_000);

  test('`emulator` leaves out what it says and nothing else', async () => {
    const emulated = await synthesised({}, true);
    const gone = Object.keys(all).filter((id) => !(id in emulated));
    const types = new Set(gone.map((id) => all[id]?.Type));
    expect([...types].sort()).toEqual(['AWS::CloudWatch::Alarm', 'AWS::SMSVOICE::ConfigurationSet']);
    expect(Object.keys(EXCLUDED_FROM_EMULATOR)).toHaveLength(2);
  }, 60_000);
});
