import { describe, expect, it } from 'vitest';
import { type MailContent, reportMail } from '../../../../core/results/mail/report-mail.ts';
import { rowOf } from '../../../../core/results/row.ts';

const counts = { sent: 1_234, delivered: 1_200, opened: 400, clicked: 100, converted: 7, 'revenue:CNY': 123_456 };
const row = rowOf({ ...counts, 'suppressed:daily-cap': 3, 'suppressed:no-consent': 2, cost: 55_530_000 }, 'CNY', 1_240);
const content: MailContent = {
  name: undefined,
  about: { kind: 'campaign', id: 'spring', name: '春季上新' },
  every: 'week',
  from: '2026-10-26',
  to: '2026-11-01',
  timezone: 'Asia/Shanghai',
  currency: 'CNY',
  locale: 'zh-CN',
  totals: row,
  days: [
    { day: '2026-10-31', row: undefined },
    { day: '2026-11-01', row },
  ],
  parts: [{ name: null, row }],
};

describe('a report mail', () => {
  it('says in Chinese what its report says', () => {
    const { subject, html, text } = reportMail(content);
    expect(subject).toBe('营销活动 春季上新 · 周报, 2026-10-26 – 2026-11-01');
    for (const line of [
      '已发送: 1,234',
      '已点击: 100 (8.1%)',
      '收入: CNY 1,234.56',
      '成本: CNY 55.53',
      '按规则未发送: 5',
    ])
      expect(text).toContain(line);
    expect(html).toContain('<html lang="zh-CN">');
    expect(html).toContain('2026-10-31: 0');
  });

  it('says the same in English in any other language', () => {
    const { subject, text } = reportMail({
      ...content,
      about: undefined,
      name: 'Board',
      locale: 'de-DE',
      alerts: ['A'],
    });
    expect(subject).toBe('Board: Overview · weekly report, 2026-10-26 – 2026-11-01');
    expect(text).toContain('Converted: 7 (0.57%)');
    expect(text).toContain('Open alerts:\n- A\n');
  });

  it('loads nothing, and takes no text for markup, nor two lines for a subject', () => {
    const evil = '<img src=x onerror="a">&\'\r\nBcc: x@example.com\u0000\u2028';
    const { subject, html } = reportMail({
      ...content,
      name: evil,
      about: { kind: 'journey', id: 'x', name: evil },
      parts: [{ name: evil, row }],
      alerts: [evil],
    });
    expect(subject).not.toMatch(/[\r\n\u2028]/);
    expect(html).not.toContain('<img');
    expect(html).not.toMatch(/\p{Cc}/u);
    expect(html).not.toMatch(/<[^>]*\b(src|href)=|url\(/);
    expect(html).toContain('&lt;img src=x onerror=&quot;a&quot;&gt;&amp;&#39;');
  });
});
