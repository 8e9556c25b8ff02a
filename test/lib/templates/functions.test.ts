import { describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { functionNames } from '../../../lib/bundles.ts';
import { BACKGROUND, memoryMbOf } from '../../../lib/constructs/function-memory.ts';
import {
  all,
  ofLogicalId,
  propertiesOf,
  type Resource,
  type Statement,
  statementsOf,
  synthesiseOnce,
} from './synthesis.ts';

synthesiseOnce();

const ours = () => propertiesOf('AWS::Lambda::Function').filter(({ FunctionName }) => FunctionName !== undefined);

describe('functions', () => {
  test('each has its bundle, a timeout, the memory of its kind, a log of its own', () => {
    expect(
      ours()
        .map(({ FunctionName }) => String(FunctionName).replace('cairn-', ''))
        .sort(),
    ).toEqual(functionNames());
    expect(functionNames()).toEqual(expect.arrayContaining(BACKGROUND));
    for (const fn of ours())
      expect(fn).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Timeout: expect.any(Number),
        MemorySize: memoryMbOf(String(fn.FunctionName).replace('cairn-', '')),
        LoggingConfig: { LogGroup: expect.anything() },
      });
  });

  test('log JSON, to a group of their own that is kept for 30 days; nothing is traced', () => {
    for (const fn of propertiesOf('AWS::Lambda::Function')) expect(fn.LoggingConfig).toHaveProperty('LogGroup');
    for (const fn of ours()) {
      expect(fn).toMatchObject({
        LoggingConfig: { LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'INFO' },
      });
      expect(fn).not.toHaveProperty('TracingConfig');
    }
    for (const log of propertiesOf('AWS::Logs::LogGroup')) expect(log.RetentionInDays).toBe(30);
    expect(JSON.stringify(all)).not.toContain('xray:');
  });

  test.each(functionNames())('%s is given exactly the variables that it asks for', async (name) => {
    const { EnvSchema } = (await import(`../../../functions/${name}/env.ts`)) as { EnvSchema: z.ZodObject };
    const fn = ours().find(({ FunctionName }) => FunctionName === `cairn-${name}`);
    const given = Object.keys((fn?.Environment as { Variables?: object } | undefined)?.Variables ?? {});
    expect(given.filter((variable) => variable !== 'DEAD_LETTER_QUEUE_URL').sort()).toEqual(
      Object.keys(EnvSchema.shape).sort(),
    );
  });

  test('may do what is named, to what is named', () => {
    const statements = statementsOf('AWS::IAM::Policy').flat();
    for (const { Action } of statements)
      for (const action of [Action].flat()) expect(String(action)).toMatch(/^[a-z0-9-]+:[A-Za-z]+\*?$/);
    const open = statements.filter(({ Resource }) => [Resource].flat().includes('*'));
    // Listing knows no resource; the CDK's own provider function is not ours.
    for (const { Action } of open) expect(Action).toBe('states:ListStateMachines');
  });

  test('that make machines make only ours, and hand them one role, to one service', () => {
    const statements = statementsOf('AWS::IAM::Policy').flat();
    const about = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));
    const ourMachines = 'arn:aws:states:eu-west-1:111122223333:stateMachine:cairn-*';
    for (const action of [
      'CreateStateMachine',
      'UpdateStateMachine',
      'TagResource',
      'DeleteStateMachine',
      'StartExecution',
    ])
      expect([...new Set(about(`states:${action}`).map(({ Resource }) => Resource))]).toEqual([ourMachines]);
    for (const { Resource } of about('states:SendTaskSuccess')) expect(Resource).toBe(ourMachines);
    expect(about('states:StopExecution').map(({ Resource }) => Resource)).toEqual([
      'arn:aws:states:eu-west-1:111122223333:execution:cairn-*',
    ]);
    expect(about('iam:PassRole')).toMatchObject([
      {
        Resource: { 'Fn::ImportValue': expect.stringContaining('JourneysRole') },
        Condition: { StringEquals: { 'iam:PassedToService': 'states.amazonaws.com' } },
      },
    ]);
  });

  test('machines go with the stack alone: the resource that removes them keeps its id, and removes what bears our tag', () => {
    expect(ofLogicalId('Custom::JourneyMachines').map(([id]) => id)).toEqual(['JourneyMachines']);
    const statements = statementsOf('AWS::IAM::Policy').flat();
    const about = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));
    const ours = { StringEquals: { 'aws:ResourceTag/cairn': 'cairn' } };
    // With the stack, and every night those that nobody needs any more.
    expect(about('states:DeleteStateMachine').map(({ Condition }) => Condition)).toEqual([ours, ours]);
    expect(about('cloudformation:DescribeStacks').map(({ Resource }) => Resource)).toEqual([{ Ref: 'AWS::StackId' }]);
  });

  test('reach into Catalog by named partitions only; nobody removes what the audit log holds', () => {
    const catalog = statementsOf('AWS::IAM::Policy')
      .flat()
      .filter(({ Action, Resource }) => {
        const [action] = [Action].flat();
        return (
          String(action).startsWith('dynamodb:') && /TableCatalog|Catalog\w*Table\w*Arn/.test(JSON.stringify(Resource))
        );
      })
      .filter(({ Resource }) => !JSON.stringify(Resource).includes('/index/'));
    expect(catalog.length).toBeGreaterThan(15);
    for (const statement of catalog)
      expect(statement).toMatchObject({
        Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': expect.anything() } },
      });
    const audit = catalog.filter(({ Condition }) => JSON.stringify(Condition).includes('audit#*'));
    for (const { Action } of audit)
      expect([
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ]).toEqual(expect.arrayContaining([Action].flat() as string[]));
  });

  test('only `webhook` and `send-webhook`, which call receivers, read what secrets hold; `admin-api` writes them without seeing them', () => {
    const about = propertiesOf('AWS::IAM::Policy').flatMap(({ PolicyDocument, Roles }) =>
      (PolicyDocument as unknown as { Statement: Statement[] }).Statement.filter(({ Condition }) =>
        JSON.stringify(Condition ?? {}).includes('secret#*'),
      ).map(({ Action, Condition }) => ({ role: JSON.stringify(Roles), Action, Condition })),
    );
    const keys = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['secret#*'] } };
    expect(about).toEqual(
      expect.arrayContaining([
        { role: expect.stringContaining('"WebhooksWebhookRole'), Action: 'dynamodb:GetItem', Condition: keys },
        { role: expect.stringContaining('"SendWebhookRole'), Action: 'dynamodb:GetItem', Condition: keys },
        {
          role: expect.stringContaining('"AdminApiRole'),
          Action: ['dynamodb:DeleteItem', 'dynamodb:PutItem'],
          Condition: { ...keys, StringEqualsIfExists: { 'dynamodb:ReturnValues': 'NONE' } },
        },
      ]),
    );
    expect(about).toHaveLength(3);
  });

  /** A replacement is a new resource beside the old one: CloudFormation replaces by a new logical id, or by one of these properties. */
  test('`advance-run`, `register-task-token` and the journeys’ role are never replaced: machines of a year ago name them', () => {
    const kept = ({ Type, Properties }: Resource) => ({
      Type,
      name: Properties?.FunctionName ?? Properties?.RoleName,
      path: Properties?.Path,
      package: Properties?.PackageType,
      tenancy: Properties?.TenancyConfig,
    });
    const fn = (name: string) => ({ Type: 'AWS::Lambda::Function', name });
    expect(
      Object.fromEntries(
        [
          'JourneyRunnerAdvanceRunFunction0B713D54',
          'JourneyRunnerRegisterTaskTokenFunction7EB495F6',
          'JourneyRunnerJourneysRoleD92073E7',
        ].map((id) => [id, all[id] && kept(all[id])]),
      ),
    ).toEqual({
      JourneyRunnerAdvanceRunFunction0B713D54: fn('cairn-advance-run'),
      JourneyRunnerRegisterTaskTokenFunction7EB495F6: fn('cairn-register-task-token'),
      JourneyRunnerJourneysRoleD92073E7: { Type: 'AWS::IAM::Role', name: 'cairn-journeys', path: '/cairn/' },
    });
  });

  test('`advance-run` and `register-task-token` may be invoked by the journeys’ role, which only our machines take on', () => {
    const policies = Object.values(all).filter(
      ({ Type, Properties }) =>
        Type === 'AWS::IAM::Policy' &&
        JSON.stringify(Properties?.Roles) === '[{"Ref":"JourneyRunnerJourneysRoleD92073E7"}]',
    );
    const invoked = ['JourneyRunnerAdvanceRunFunction0B713D54', 'JourneyRunnerRegisterTaskTokenFunction7EB495F6'].map(
      (id) => ({ 'Fn::GetAtt': [id, 'Arn'] }),
    );
    expect(policies.map(({ Properties }) => Properties?.PolicyDocument)).toMatchObject([
      { Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: invoked }] },
    ]);
    expect(all.JourneyRunnerJourneysRoleD92073E7?.Properties?.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'states.amazonaws.com' },
          Condition: {
            StringEquals: { 'aws:SourceAccount': '111122223333' },
            ArnLike: { 'aws:SourceArn': 'arn:aws:states:eu-west-1:111122223333:stateMachine:cairn-*' },
          },
        },
      ],
    });
  });
});
