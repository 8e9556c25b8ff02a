import { expect, test } from 'vitest';
import { mergeTemplates } from '../../../local/template.ts';
import { bucketUsers } from './bucket-users.ts';
import type { Statement } from './synthesis.ts';

const statementsOf = (role: string, templates: ReturnType<typeof bucketUsers>) =>
  templates
    .flatMap(({ Resources }) => Object.entries(Resources as Record<string, { Type: string; Properties: object }>))
    .filter(([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith(role))
    .flatMap(([, { Properties }]) => (Properties as { PolicyDocument: { Statement: Statement[] } }).PolicyDocument)
    .flatMap(({ Statement }) => Statement)
    .filter(({ Action }) => [Action].flat().some((action) => String(action).startsWith('s3:')));

test.each([
  ['eu-west-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
])('a function may do under a prefix of the bucket what it is granted, and nothing else: %s', (region, partition) => {
  const templates = bucketUsers('111122223333', region);
  const arn = `arn:${partition}:s3:::cairn-objects-111122223333-${region}`;
  expect(statementsOf('reader', templates)).toEqual([
    { Effect: 'Allow', Action: 's3:GetObject', Resource: `${arn}/campaigns/*` },
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: arn },
  ]);
  expect(statementsOf('writer', templates)).toEqual([
    { Effect: 'Allow', Action: 's3:PutObject', Resource: `${arn}/campaigns/*` },
  ]);
  const [reader] = mergeTemplates(templates).of('AWS::Lambda::Function');
  expect(reader?.properties).toMatchObject({
    Environment: { Variables: { OBJECTS_BUCKET: `cairn-objects-111122223333-${region}` } },
  });
});
