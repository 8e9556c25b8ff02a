import { afterAll, beforeAll, beforeEach } from 'vitest';
import { startTables } from '../../protocols/tables.ts';
import { harness } from './api-harness.ts';

let tables: Awaited<ReturnType<typeof startTables>>;

export let api: ReturnType<typeof harness>;
export const template = (body: string) => ({ class: 'marketing', content: { push: { title: 'Hello', body } } });
export const journey = (more: object = {}) => ({
  name: 'Welcome',
  owner: 'growth',
  entry: { event: 'Signed Up' },
  reentry: 'never',
  start: 'greet',
  nodes: {
    greet: { type: 'send', template: 'welcome', channels: ['push'], next: 'done' },
    done: { type: 'end', outcome: 'greeted' },
  },
  ...more,
});

export let serial = 0;
/** Path of the journey that the verbs are called on. */
export let path = '';
export function callOn(other: string): void {
  path = other;
}

export const verb = (name: string, as: string, roles: string, body?: unknown) =>
  api.call('POST', `${path}/${name}`, { as, roles, ...(body === undefined ? {} : { body }) });

export const live = async () =>
  (await api.deps.catalog.snapshot()).snapshot.journeys.find(({ id }) => path.endsWith(`/${id}`));

export const published = async (definition: object = journey()) => {
  await api.call('PUT', path, { body: definition, as: 'mia', roles: '[marketer]' });
  await verb('submit', 'mia', '[marketer]');
  return verb('approve', 'otto', '[approver]', { publish: true });
};

/** Starts tables with a template in them, and gives each test a journey of its own. */
export function setUpJourneys(): void {
  beforeAll(async () => {
    tables = await startTables();
    api = harness(tables.client);
    await api.call('PUT', '/v1/templates/welcome', { body: template('Welcome') });
  });
  afterAll(() => tables.stop());
  beforeEach(() => {
    serial += 1;
    path = `/v1/journeys/j-${serial}`;
  });
}
