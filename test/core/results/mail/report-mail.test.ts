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

  it('has what orders brought in other currencies, in their own units', () => {
    const counted = { ...counts, 'revenue:JPY': 1500, 'orders:JPY': 1, 'revenue:KWD': 1235, 'orders:KWD': 1 };
    const { text, html } = reportMail({ ...content, locale: 'en', totals: rowOf(counted, 'CNY', 1_240) });
    for (const money of ['CNY 1,234.56', 'JPY 1,500', 'KWD 1.235']) {
      expect(text).toContain(`Revenue: ${money}\n`);
      expect(html).toContain(`>${money}<`);
    }
    const forints = rowOf({ ...counts, 'revenue:HUF': 123_456 }, 'HUF', 1);
    expect(reportMail({ ...content, currency: 'HUF', totals: forints }).text).toContain('HUF 1,234.56');
  });

  it('has the rows of its tables as text, too', () => {
    const { text } = reportMail({ ...content, locale: 'en', parts: [{ name: 'gift\nBcc', row }] });
    const cells = 'Sent 1,234, Opened 400, Clicked 100, Converted 7, Revenue CNY 1,234.56';
    expect(text).toContain(
      `By day:\n2026-10-31: Sent 0, Opened 0, Clicked 0, Converted 0, Revenue CNY 0.00\n2026-11-01: ${cells}\n`,
    );
    expect(text).toContain(`By variant:\ngift Bcc: ${cells}\n`);
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
