import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import { campaignPlanner } from '../../../adapters/lambda/campaign-planner.ts';
import { CampaignSchema } from '../../../core/campaigns/schema.ts';

const client = new LambdaClient({ region: 'us-east-1' });
const lambda = mockClient(client);

test('a campaign is planned by the function, with its id and definition', async () => {
  const answer = { errors: [{ path: '/at/time', message: 'has passed' }], warnings: [], plan: { matched: 3 } };
  const text = JSON.stringify(answer);
  const bytes = new TextEncoder().encode(text);
  lambda.on(InvokeCommand).resolves({ Payload: Object.assign(bytes, { transformToString: () => text }) });
  const campaign = CampaignSchema.parse({ name: 'Spring', audience: { tag: 'vip' }, template: 'spring', at: 'now' });
  expect(await campaignPlanner(client, 'cairn-plan-campaign')('spring', campaign)).toEqual(answer);
  const [input] = lambda.commandCalls(InvokeCommand).map(({ args }) => args[0].input);
  expect(input?.FunctionName).toBe('cairn-plan-campaign');
  expect(JSON.parse(Buffer.from((input?.Payload ?? '') as Uint8Array).toString('utf8'))).toEqual({
    id: 'spring',
    campaign,
  });
});
