import { describe, expect, it } from 'vitest';
import { parseExpression } from '../../local/metric-expression.ts';

const VALUES: Record<string, number> = { sent: 500, gone: 51, none: 0 };
const resultOf = (text: string) => parseExpression(text)((id) => VALUES[id]);

describe('metric math', () => {
  it.each([
    ['sent', 500],
    ['100 * gone / sent', 10.2],
    ['sent - gone - 1', 448],
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['gone >= 5 AND gone > 0.05 * sent', 1],
    ['gone < 5 OR none > 0 AND sent > 1', 0],
    ['IF(gone != 51, 1, 2.5)', 2.5],
    ['IF(FILL(sent, 0) >= 500, 100 * FILL(gone, 0) / sent, 0)', 10.2],
    ['IF(FILL(absent, 0) >= 500, 100 / absent, 0)', 0],
    ['FILL(absent, gone)', 51],
    // No data point, as in CloudWatch.
    ['absent + 1', undefined],
    ['IF(absent, 1, 2)', undefined],
    ['sent / none', undefined],
  ])('%s is %s', (text, expected) => {
    expect(resultOf(text)).toBe(expected);
  });

  it.each([
    'SUM(METRICS())',
    'RATE(sent)',
    'FILL(sent, REPEAT)',
    'sent ^ 2',
    'IF(sent > 1, 2)',
    'sent gone',
    '',
    '(sent',
  ])('refuses what it does not know, loudly: %s', (text) => {
    expect(() => parseExpression(text)).toThrow(/^metric math: .* is not evaluated here$/);
  });
});
