import { expect, it } from 'vitest';
import { redacted } from '../../core/webhooks/redacted.ts';

it('takes secrets out of whatever a receiver echoes, and the token out of its scheme', () => {
  const body = {
    headers: { Authorization: 'Bearer abcdefgh12', 'X-Key': '4711000815' },
    'Bearer abcdefgh12': [{ token: 'abcdefgh12', key: 4711000815, total: 12 }],
    note: 'a Bearer of news',
  };
  expect(redacted(body, ['Bearer abcdefgh12', '4711000815'])).toEqual({
    headers: { Authorization: '•••', 'X-Key': '•••' },
    '•••': [{ token: '•••', key: '•••', total: 12 }],
    note: 'a Bearer of news',
  });
});
