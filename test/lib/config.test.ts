import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Config, parseConfig, placeholdersOf, readConfig } from '../../lib/config.ts';
import { channelsOf, hasUserPools } from '../../lib/regions.ts';

const parsed = (given: object, region = 'eu-west-1'): Config =>
  parseConfig(given, { stage: 'prod', region, emulator: false });
const refused = (given: object, region?: string): string => {
  try {
    parsed(given, region);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('taken');
};

describe('a configuration', () => {
  test.each([
    [{ publicUrl: 'https://links.shop.example/' }, 'publicUrl: give the origin alone, https and without a slash'],
    [{ publicUrl: 'https://links.shop.example/l' }, 'publicUrl: give the origin alone'],
    [{ publicUrl: 'http://links.shop.example' }, 'publicUrl: give the origin alone'],
    [{ publicUrl: 'links.shop.example' }, 'publicUrl: give the origin alone'],
    [{ audience: 'cairn' }, 'audience: needs `issuer`'],
    [{ issuer: 'login.shop.example' }, 'issuer: give the issuer’s https URL'],
    [{ prefix: 'Too-Long-A-Name' }, 'prefix: give 2 to 8 characters'],
    [{ emailFrom: 'Shop news@shop.example' }, 'emailFrom: give an address, or Name <address>'],
    [{ emailFrom: 'Shop <news..today@shop.example>' }, 'emailFrom: give an address'],
    [{ emailFrom: 'Shop <小店@shop.example>' }, 'emailFrom: give an address'],
    [{ emailSenders: ['news'] }, 'emailSenders.0: give an address'],
    [{ webhookHosts: Array(80).fill('crm.of-a-long-name.internal') }, 'webhookHosts: give fewer: together they may'],
    [{ smsOriginationIdentity: '+491700000001' }, 'smsOriginationIdentity: give an id (phone-…, pool-…)'],
    [{ webhookHosts: ['https://crm/hook'] }, 'webhookHosts.0: give host:port'],
    [{ alarmEmail: 'ops' }, 'alarmEmail: give an e-mail address'],
    [{ logs: { retentionDays: 10 } }, 'logs.retentionDays: give one of 1, 3, 5'],
    [{ logs: { level: 'verbose' } }, 'logs.level: '],
    [{ tracing: 'yes' }, 'tracing: '],
    [{ account: '1234' }, 'account: give the 12 digits'],
    [{ region: 'Ireland' }, 'region: give a Region'],
    [{ channels: ['fax'] }, 'channels.0: '],
    [{ publicURL: 'https://links.shop.example' }, 'Unrecognized key: "publicURL"'],
  ])('%j is refused by one sentence', (given, sentence) => {
    const message = refused(given);
    expect(message).toContain(`config/prod.json: ${sentence}`);
    expect(message).not.toMatch(/\n|; /);
  });

  test('has its hosts trimmed, as people paste them', () => {
    expect(parsed({ webhookHosts: [' CRM.internal:8443 ', '10.0.0.7'] }).webhookHosts).toEqual([
      'crm.internal:8443',
      '10.0.0.7',
    ]);
  });

  test('keeps the issuer to the letter: its tokens have the slash or not', () => {
    expect(parsed({ issuer: 'https://login.shop.example/' }).issuer).toBe('https://login.shop.example/');
  });

  test('that nobody filled in warns of each placeholder, and of those alone', () => {
    expect(Object.keys(placeholdersOf(parsed({})))).toEqual([
      'emailFrom',
      'smsOriginationIdentity',
      'pinpointApplicationId',
      'alarmEmail',
    ]);
    const filled = {
      emailFrom: 'Shop <news@shop.test>',
      smsOriginationIdentity: 'pool-1',
      pinpointApplicationId: 'a1',
      alarmEmail: 'ops@shop.test',
    };
    expect(placeholdersOf(parsed(filled))).toEqual({});
    expect(Object.keys(placeholdersOf(parsed({ channels: ['push'] })))).toEqual([
      'pinpointApplicationId',
      'alarmEmail',
    ]);
  });
});

describe('a Region', () => {
  test('without a channel is answered with what to write', () => {
    expect(refused({}, 'ap-southeast-4')).toBe(
      'config/prod.json: channels: ap-southeast-4 has no email: write "channels": ["sms","push","webhook"]',
    );
    expect(refused({}, 'ap-east-1')).toContain('ap-east-1 has no email, no sms: write "channels": ["push","webhook"]');
    expect(parsed({ channels: ['push'] }, 'ap-east-1').channels).toEqual(['push']);
  });

  test('of the file goes before that of the credentials', () => {
    expect(refused({ region: 'eu-south-2' })).toContain('eu-south-2 has no email');
    expect(parsed({ region: 'eu-west-3' }).region).toBe('eu-west-3');
  });

  test('without user pools asks for an issuer', () => {
    expect(hasUserPools('cn-north-1')).toBe(false);
    expect(channelsOf('cn-north-1')).toEqual(['webhook']);
    expect(refused({}, 'cn-north-1')).toContain('no email, no sms, no push: write "channels": ["webhook"]');
    expect(refused({ channels: ['webhook'] }, 'cn-north-1')).toBe(
      'config/prod.json: issuer: cn-north-1 has no Cognito user pools: set `issuer` and `audience` of an OIDC provider of your own',
    );
    const issuer = { issuer: 'https://login.shop.example', audience: 'cairn' };
    expect(Object.keys(placeholdersOf(parsed({ channels: [], ...issuer }, 'cn-north-1')))).toEqual([
      'channels',
      'alarmEmail',
    ]);
  });
});

describe('stages', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cairn-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (file: string, config: unknown) => writeFileSync(join(folder, file), JSON.stringify(config));
  const read = (context: object = {}) => readConfig(new App({ context: { ...context } }).node, 'eu-west-1', folder);

  test('none: the defaults', () => {
    expect(read()).toMatchObject({ stage: 'default', prefix: 'cairn', channels: ['email', 'sms', 'push', 'webhook'] });
  });

  test('one: it is taken without being named', () => {
    write('prod.json', { prefix: 'shop' });
    expect(read()).toMatchObject({ stage: 'prod', prefix: 'shop' });
  });

  test('several: one is named each time', () => {
    write('prod.json', { prefix: 'shop' });
    write('try.json', { prefix: 'try' });
    expect(() => read()).toThrow('context: stage: choose one by `-c stage=<name>`: config/ has prod, try');
    expect(read({ stage: 'try' })).toMatchObject({ prefix: 'try' });
    expect(() => read({ stage: 'prdo' })).toThrow('there is no config/prdo.json: config/ has prod, try');
  });

  test('`local` takes the defaults, whatever a team has', () => {
    write('prod.json', { prefix: 'shop' });
    expect(read({ stage: 'local', emulator: 'true' })).toMatchObject({ prefix: 'cairn', emulator: true });
    write('local.json', {});
    expect(() => read({ stage: 'local' })).toThrow('config/local.json: rename it');
  });

  test('a key in the context is refused: the next deployment would forget it', () => {
    expect(() => read({ publicUrl: 'https://links.shop.example' })).toThrow(
      'context: publicUrl: write it into config/<stage>.json',
    );
  });

  test('a file that is no JSON is named', () => {
    writeFileSync(join(folder, 'prod.json'), '{');
    expect(() => read()).toThrow(/^config\/prod\.json: /);
  });
});

test('the CDK CLI builds before it synthesises: what is deployed is never an older bundle', () => {
  expect(JSON.parse(readFileSync('cdk.json', 'utf8'))).toMatchObject({ build: 'node bin/build.ts deployment' });
});
