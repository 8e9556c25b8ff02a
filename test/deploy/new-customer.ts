import { readFile } from 'node:fs/promises';
import type { Outbox } from '../../local/providers/outbox.ts';

interface Stage {
  api: string;
  tokens: Record<string, string>;
  outbox: Outbox;
}
type Json = Record<string, unknown>;

const example = async (path: string): Promise<Json> =>
  JSON.parse(await readFile(`examples/${path}.json`, 'utf8')) as Json;
const WITHIN_MS = 90_000;

async function call(stage: Stage, role: string, method: string, path: string, body?: unknown): Promise<Json> {
  const response = await fetch(`${stage.api}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${stage.tokens[role]}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return (text === '' ? {} : JSON.parse(text)) as Json;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${WITHIN_MS / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** S1 as `examples/` has it, its waits shortened to seconds: sign-up, push with coupon, tutorial, a task for customer service. */
export async function newCustomer(stage: Stage): Promise<void> {
  const { key } = await call(stage, 'admin', 'POST', '/v1/keys', { kind: 'server', name: 'deploy test' });
  await call(stage, 'marketer', 'PUT', '/v1/tags/sleeping', await example('tags/sleeping'));
  await call(stage, 'marketer', 'PUT', '/v1/coupon-pools/welcome-50', await example('coupon-pools/welcome-50'));
  await call(stage, 'marketer', 'POST', '/v1/coupon-pools/welcome-50/codes', { codes: ['WELCOME-1', 'WELCOME-2'] });
  for (const template of ['welcome-coupon', 'tutorial'])
    await call(stage, 'marketer', 'PUT', `/v1/templates/${template}`, await example(`templates/${template}`));
  const journey = JSON.stringify(await example('journeys/new-customer'))
    .replace('"48h"', '"4s"')
    .replace('"24h"', '"4s"');
  await call(stage, 'marketer', 'PUT', '/v1/journeys/new-customer', JSON.parse(journey));
  await call(stage, 'marketer', 'POST', '/v1/journeys/new-customer/submit');
  await call(stage, 'approver', 'POST', '/v1/journeys/new-customer/approve', {});
  await call(stage, 'marketer', 'POST', '/v1/journeys/new-customer/publish');

  // AWS looks at the rules every 5 s.
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  const context = { device: { type: 'ios', token: 'token-ann' }, consent: { categoryPreferences: { push: true } } };
  const posted = await fetch(`${stage.api}/v1/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(`${String(key)}:`)}` },
    body: JSON.stringify({
      context,
      batch: [
        { type: 'identify', userId: 'ann', traits: { name: 'Lin' } },
        { type: 'track', userId: 'ann', event: 'Signed Up' },
      ],
    }),
  });
  if (posted.status !== 202) throw new Error(`batch: ${posted.status} ${await posted.text()}`);

  await until('the push with the coupon', async () =>
    stage.outbox.items.some((item) => /WELCOME-\d/.test(item.body ?? '')),
  );
  await until('the tutorial', async () => stage.outbox.items.length === 2);
  await until('the task for customer service', async () => {
    const { items } = await call(stage, 'marketer', 'GET', '/v1/tasks?queue=customer-service');
    return Array.isArray(items) && items.length === 1;
  });
  await until('the run ended', async () => {
    const { items } = await call(stage, 'marketer', 'GET', '/v1/journeys/new-customer/runs?profileId=ann');
    return JSON.stringify(items).includes('"closed"');
  });
  const tries = stage.outbox.items.length;
  if (tries !== 2) throw new Error(`the provider was handed ${tries} messages, not 2`);
}
