import { describe, expect, test } from 'vitest';
import { allRoutes } from '../../../lib/routes.ts';
import { api, HELLO, setUpTables, TAG } from './access-harness.ts';

setUpTables();

describe('whatever stands in the path or the query', () => {
  const LONG = 'x'.repeat(3_000);
  const ODD = [LONG, '%F0%9F%98%80'.repeat(200), '\u0000', '%00', '%ED%A0%80', '..', '%2e%2e', ' ', 'a b', '"', '%'];

  test.each(allRoutes.map((route) => [route.method, route.path] as const))(
    '%s %s answers 4xx to ids that nothing has',
    async (method, path) => {
      for (const odd of ODD) {
        const at = path.replaceAll(
          /\{\w+\+?\}/g,
          encodeURI(decodeURI(odd === '%' || odd === '%ED%A0%80' ? '%25' : odd)),
        );
        if (at === path) return;
        const answer = await api.call(method, at, { body: {} });
        expect([at, answer.status < 500]).toEqual([at, true]);
      }
    },
  );

  test.each(
    allRoutes
      .filter(({ role }) => role !== 'public')
      .map(({ method, path, query }) => [method, path, Object.keys(query?.shape ?? {})] as const),
  )(
    '%s %s refuses a parameter that it does not know, by its name, and names those that there are',
    async (method, path, known) => {
      const at = path.replaceAll(/\{\w+\+?\}/g, (name) =>
        name === '{channel}' || path.startsWith('/v1/channels') ? 'sms' : 'nobody',
      );
      expect(await api.call(method, `${at}?by%2Fthe=moon`, { body: {} })).toMatchObject({
        status: 422,
        body: {
          errors: [{ path: '/query/by~1the', message: `unknown parameter. There are: ${known.join(', ') || 'none'}` }],
        },
      });
    },
  );

  test.each(['0x10', '1e1', ' 5', '5 ', '', '0', '201', '-1', '5,5', '٣', '1.0'])(
    'limit=%j is refused',
    async (limit) => {
      expect(await api.call('GET', `/v1/tags?limit=${encodeURIComponent(limit)}`)).toMatchObject({
        status: 422,
        body: { errors: [{ path: '/query/limit' }] },
      });
    },
  );
  test.each(['0x1', '1e0', ''])('version=%j is refused', async (version) => {
    expect(await api.call('GET', `/v1/tags/known?version=${version}`)).toMatchObject({
      status: 422,
      body: { errors: [{ path: '/query/version' }] },
    });
  });

  test('names of other definitions that nothing can have are refused, not looked for', async () => {
    const nodes = { send: { type: 'send', template: LONG, next: 'done' }, done: { type: 'end' } };
    const put = await api.call('PUT', '/v1/journeys/far', { body: { ...HELLO, start: 'send', nodes } });
    expect(put.status).toBeLessThan(500);
    if (put.status < 300) expect((await api.call('POST', '/v1/journeys/far/submit')).status).toBe(422);
    expect((await api.call('PUT', '/v1/tags/far', { body: { ...TAG, if: { tag: LONG } } })).status).toBeLessThan(500);
    expect((await api.call('PUT', '/v1/tags/far', { body: { ...TAG, if: { event: LONG } } })).status).toBeLessThan(500);
    expect((await api.call('POST', '/v1/messages', { body: { profileId: LONG, template: LONG } })).status).toBe(422);
    expect((await api.call('POST', '/v1/journeys/hello/trigger', { body: { profileId: 'x', key: LONG } })).status).toBe(
      422,
    );
  });
});
