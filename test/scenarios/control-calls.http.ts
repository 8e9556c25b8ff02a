import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));

const NOW = '2026-11-02T01:00:00.000Z';
const DURATION = 'must be a duration such as "90s", "10m", "24h", "30d" or "4w", at most "36500d"';
const KINDS = '"delivered", "bounced", "complained", "opened", "clicked", "unsubscribed"';

describe('a wrong control call is refused with what is right, as one of the API is', () => {
  it.each([
    [
      'token',
      { sub: 'ann', role: 'admin' },
      '/role',
      'unknown field. Did you mean roles? There are: sub, roles, validFor',
    ],
    ['token', { sub: 'ann', roles: 'admin' }, '/roles', 'must be a list, in [ ]'],
    ['advance', { by: '2 days' }, '/by', DURATION],
    ['advance', { to: 'noon' }, '/to', 'must be an ISO 8601 instant'],
    ['advance', { to: '2026-11-01T00:00:00Z' }, '/to', `is in the past: it is ${NOW}`],
    ['feedback', { messageId: 'm', kind: 'open' }, '/kind', `must be one of: ${KINDS}`],
    ['faults', { provider: 'sms', times: 1 }, '/mode', 'is required, unless times is 0'],
  ])('%s %j', async (call, body, path, message) => {
    const answer = await cairn.call('POST', `/_local/${call}`, body);
    expect(answer).toMatchObject({ status: 422, body: { title: 'Validation failed' } });
    expect(answer.body.errors).toContainEqual({ path, message });
  });

  it('and one that there is not, with those that there are; so is a path of the API', async () => {
    expect(await cairn.call('GET', '/_local/messages')).toMatchObject({
      status: 404,
      body: { title: 'Not found', detail: expect.stringContaining('There are: GET now, POST reset,') },
    });
    expect(await cairn.as('viewer', 'GET', '/v1/customers')).toMatchObject({
      status: 404,
      body: { detail: 'There is no GET of this path. GET /v1/openapi.json lists all calls.' },
    });
    expect(await cairn.as('viewer', 'GET', '/v1/profiles')).toMatchObject({
      status: 422,
      body: {
        errors: [
          { path: '/query', message: 'needs one of email, phone; a profile by its id is GET /v1/profiles/{id}' },
        ],
      },
    });
  });
});
