import { expect, it } from 'vitest';
import { redacted } from '../../core/http/redacted.ts';

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

it('takes them out as JSON, HTML or a URL would quote them, and where an answer was cut', () => {
  const secret = 'k"1<2>+abc/def==';
  const quoted = [JSON.stringify(secret), encodeURIComponent(secret), 'k&quot;1&lt;2&gt;+abc/def==', btoa(secret)];
  expect(redacted(quoted.join(' '), [secret])).toBe('"•••" ••• ••• •••');
  expect(redacted('…and then k"1<2>+abc', [secret])).toBe('…and then •••');
  expect(redacted('bob:hunter22, that is hunter22', [`Basic ${btoa('bob:hunter22')}`])).toBe('•••, that is •••');
});
