import type { Period } from './subscription.ts';

/** Texts of report mails. */
export interface Words {
  lang: string;
  overview: string;
  scopes: Record<'campaign' | 'journey' | 'channel' | 'template', string>;
  periods: Record<Period, string>;
  figures: {
    recipients: string;
    sent: string;
    delivered: string;
    opened: string;
    clicked: string;
    converted: string;
    revenue: string;
    cost: string;
    unsubscribed: string;
    complained: string;
    bounced: string;
    suppressed: string;
    failed: string;
    unknown: string;
  };
  byDay: string;
  byChannel: string;
  byVariant: string;
  none: string;
  day: string;
  alerts: string;
  noAlerts: string;
  nothing: string;
  /** `days`: a span; `timezone`: an IANA name. */
  span: (days: string, timezone: string) => string;
  footer: string;
}

const EN: Words = {
  lang: 'en',
  overview: 'Overview',
  scopes: { campaign: 'Campaign', journey: 'Journey', channel: 'Channel', template: 'Template' },
  periods: { day: 'daily report', week: 'weekly report', month: 'monthly report' },
  figures: {
    recipients: 'Recipients',
    sent: 'Sent',
    delivered: 'Delivered',
    opened: 'Opened',
    clicked: 'Clicked',
    converted: 'Converted',
    revenue: 'Revenue',
    cost: 'Cost',
    unsubscribed: 'Unsubscribed',
    complained: 'Complained',
    bounced: 'Bounced',
    suppressed: 'Not sent, by a rule',
    failed: 'Failed',
    unknown: 'Unknown',
  },
  byDay: 'By day',
  byChannel: 'By channel',
  byVariant: 'By variant',
  none: 'none',
  day: 'Day',
  alerts: 'Open alerts',
  noAlerts: 'No alert is open.',
  nothing: 'Nothing was sent on these days.',
  span: (days, timezone) => `${days}, in the timezone ${timezone}`,
  footer:
    'A message belongs to the day on which it was sent, and so does all that it brings, however late: these figures may still grow. This mail goes to whoever is named in the report subscription.',
};

const ZH: Words = {
  lang: 'zh-CN',
  overview: '总览',
  scopes: { campaign: '营销活动', journey: '旅程', channel: '渠道', template: '模板' },
  periods: { day: '日报', week: '周报', month: '月报' },
  figures: {
    recipients: '触达人数',
    sent: '已发送',
    delivered: '已送达',
    opened: '已打开',
    clicked: '已点击',
    converted: '已转化',
    revenue: '收入',
    cost: '成本',
    unsubscribed: '退订',
    complained: '投诉',
    bounced: '退信',
    suppressed: '按规则未发送',
    failed: '发送失败',
    unknown: '结果未知',
  },
  byDay: '按天',
  byChannel: '按渠道',
  byVariant: '按版本',
  none: '无',
  day: '日期',
  alerts: '未确认的告警',
  noAlerts: '没有未确认的告警。',
  nothing: '这些天没有发送消息。',
  span: (days, timezone) => `${days}（时区 ${timezone}）`,
  footer: '消息以及它带来的一切结果都归属于发送当天，因此这些数字之后还可能增加。本邮件发送给报表订阅中列出的收件人。',
};

/** Chinese for every Chinese locale, English for all others. */
export const wordsIn = (locale: string): Words => (/^zh\b/i.test(locale) ? ZH : EN);
