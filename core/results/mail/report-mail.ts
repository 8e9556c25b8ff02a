import type { LocalDate } from '../../time/calendar.ts';
import { exponentOf } from '../minor-units.ts';
import type { Row } from '../row.ts';
import { barChart } from './bar-chart.ts';
import type { Period } from './subscription.ts';
import { type Words, wordsIn } from './words.ts';

/** What a mail reports. */
export interface MailContent {
  /** Of the subscription. */
  name: string | undefined;
  /** Undefined: the overview. */
  about: { kind: keyof Words['scopes']; id: string; name?: string | undefined } | undefined;
  every: Period;
  from: LocalDate;
  to: LocalDate;
  timezone: string;
  currency: string;
  locale: string;
  totals: Row;
  /** Every day of the chart, the last one `to`. */
  days: readonly { day: LocalDate; row: Row | undefined }[];
  /** Rows by channel (the overview) or variant. */
  parts: readonly { name: string | null; row: Row }[];
  /** Only of the overview. */
  alerts?: readonly string[];
}

export interface RenderedMail {
  subject: string;
  html: string;
  text: string;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Control characters are no text of a mail. */
const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign).replaceAll(/\p{Cc}+/gu, ' ');
/** A subject is one line. */
const oneLine = (text: string): string => text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ');

/** Renders a report mail: one HTML document that loads nothing, with charts as inline SVG, and each figure as text beside them. */
export function reportMail(content: MailContent): RenderedMail {
  const words = wordsIn(content.locale);
  const write = writerFor(content, words);
  const days = content.from === content.to ? content.to : `${content.from} – ${content.to}`;
  const title = `${titleOf(content, words)} · ${words.periods[content.every]}`;
  const subject = oneLine(`${content.name === undefined ? '' : `${content.name}: `}${title}, ${days}`).slice(0, 500);
  const figures = figuresOf(content.totals, words, write);
  const [byDay, byPart] = [dayTable(content, words, write), partTable(content, words, write)];
  const body = [
    `<h1 style="font-size:20px;margin:0">${escapeHtml(title)}</h1>`,
    `<p style="margin:4px 0 16px;color:#666666">${escapeHtml(words.span(days, content.timezone))}</p>`,
    tableOf(figures),
    content.totals.recipients === 0 ? `<p>${escapeHtml(words.nothing)}</p>` : '',
    chartOf(content, words),
    tableOf(byDay.rows, byDay.head),
    byPart.rows.length === 0 ? '' : heading(byPart.title) + tableOf(byPart.rows, byPart.head),
    alertList(content, words),
    `<p style="margin-top:24px;color:#666666;font-size:12px">${escapeHtml(words.footer)}</p>`,
  ];
  const html = documentOf({ lang: words.lang, subject, body: body.join('') });
  const lines = figures.map(([label, value, rate]) => `${label}: ${value}${rate === '' ? '' : ` (${rate})`}`);
  const text = [
    title,
    words.span(days, content.timezone),
    '',
    ...lines,
    '',
    ...tableLines(byDay),
    ...tableLines(byPart),
    ...alertLines(content, words),
    words.footer,
  ];
  return { subject, html, text: `${text.join('\n')}\n` };
}

const documentOf = ({ lang, subject, body }: { lang: string; subject: string; body: string }): string =>
  [
    `<!doctype html><html lang="${lang}"><head><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width"><title>${escapeHtml(subject)}</title></head>`,
    `<body style="margin:0;padding:16px;background:#ffffff;color:#222222;font:14px/1.5 Arial,'Microsoft YaHei',sans-serif">`,
    `<div style="max-width:600px;margin:0 auto">${body}</div></body></html>`,
  ].join('');

const titleOf = ({ about }: MailContent, words: Words): string =>
  about === undefined ? words.overview : `${words.scopes[about.kind]} ${about.name ?? about.id}`;

interface Writer {
  count: (value: number) => string;
  share: (value: number) => string;
  /** Of the settings’ currency, or of another one. */
  money: (value: number, currency?: string) => string;
  /** In a column whose head names the currency. */
  amount: (value: number) => string;
}

function writerFor(content: MailContent, { lang }: Words): Writer {
  const count = new Intl.NumberFormat(lang);
  const share = new Intl.NumberFormat(lang, { style: 'percent', maximumFractionDigits: 2 });
  const amount = new Intl.NumberFormat(lang, digitsOf(content.currency));
  const money = (value: number, currency = content.currency): string =>
    new Intl.NumberFormat(lang, { style: 'currency', currency, currencyDisplay: 'code', ...digitsOf(currency) })
      .format(value)
      .replaceAll('\u00a0', ' ');
  return {
    count: (value) => count.format(value),
    share: (value) => share.format(value),
    money,
    amount: (value) => amount.format(value),
  };
}

/** As JSON has them: `Intl` knows no filler of the forint. */
const digitsOf = (currency: string) => ({
  minimumFractionDigits: exponentOf(currency),
  maximumFractionDigits: exponentOf(currency),
});

const sumOf = (byReason: Record<string, number>): number => Object.values(byReason).reduce((sum, one) => sum + one, 0);

/** Label, figure and its share of what was sent. */
function figuresOf(row: Row, { figures }: Words, write: Writer): [label: string, value: string, rate: string][] {
  const rated = (name: keyof Row['rates']): [string, string, string] => [
    figures[name],
    write.count(row[name]),
    write.share(row.rates[name]),
  ];
  return [
    [figures.recipients, write.count(row.recipients), ''],
    [figures.sent, write.count(row.sent), ''],
    rated('delivered'),
    rated('opened'),
    rated('clicked'),
    rated('converted'),
    [figures.revenue, write.money(row.revenue), ''],
    ...Object.entries(row.otherCurrencies ?? {}).map(([currency, { revenue }]): [string, string, string] => [
      figures.revenue,
      write.money(revenue, currency),
      '',
    ]),
    [figures.cost, write.money(row.cost), ''],
    rated('unsubscribed'),
    rated('complained'),
    rated('bounced'),
    [figures.suppressed, write.count(sumOf(row.suppressed)), ''],
    [figures.failed, write.count(sumOf(row.failed)), ''],
    [figures.unknown, write.count(row.unknown), ''],
  ];
}

const CELL = 'padding:4px;border-bottom:1px solid #dddddd;white-space:nowrap;font-size:13px';
function tableOf(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const cell = (tag: 'td' | 'th', text: string, index: number): string =>
    `<${tag} style="${CELL};text-align:${index === 0 ? 'left' : 'right'}">${escapeHtml(text)}</${tag}>`;
  const line = (tag: 'td' | 'th', cells: readonly string[]): string =>
    `<tr>${cells.map((text, index) => cell(tag, text, index)).join('')}</tr>`;
  const first = head === undefined ? '' : line('th', head);
  return `<table role="${head === undefined ? 'presentation' : 'table'}" style="width:100%;border-collapse:collapse">${first}${rows.map((row) => line('td', row)).join('')}</table>`;
}

const heading = (text: string): string => `<h2 style="font-size:16px;margin:24px 0 8px">${escapeHtml(text)}</h2>`;

function chartOf({ days }: MailContent, { byDay, figures }: Words): string {
  const bars = days.map(({ day, row }) => ({ label: day, value: row?.sent ?? 0, part: row?.clicked ?? 0 }));
  return `${heading(`${byDay}: ${figures.sent}, ${figures.clicked}`)}${barChart(bars, `${byDay}: ${figures.sent}, ${figures.clicked}`, escapeHtml)}`;
}

function rowCells(row: Row | undefined, write: Writer): string[] {
  const counts = [row?.sent, row?.opened, row?.clicked, row?.converted].map((value) => write.count(value ?? 0));
  return [...counts, write.amount(row?.revenue ?? 0)];
}
const columns = ({ currency }: MailContent, { figures }: Words): string[] => [
  figures.sent,
  figures.opened,
  figures.clicked,
  figures.converted,
  `${figures.revenue} ${currency}`,
];

/** Rows under a title, in HTML and in text. */
interface Table {
  title: string;
  head: string[];
  rows: string[][];
}

const dayTable = (content: MailContent, words: Words, write: Writer): Table => ({
  title: words.byDay,
  head: [words.day, ...columns(content, words)],
  rows: content.days.map(({ day, row }) => [day, ...rowCells(row, write)]),
});

const partTable = (content: MailContent, words: Words, write: Writer): Table => ({
  title: content.about === undefined ? words.byChannel : words.byVariant,
  head: ['', ...columns(content, words)],
  rows: content.parts.map(({ name, row }) => [name ?? words.none, ...rowCells(row, write)]),
});

/** `2026-11-01: Sent 12, Opened 3, …`: columns of text need a font of one width. */
const tableLines = ({ title, head, rows }: Table): string[] =>
  rows.length === 0
    ? []
    : [
        `${title}:`,
        ...rows.map(([name = '', ...cells]) => {
          const named = cells.map((cell, index) => `${head[index + 1] ?? ''} ${cell}`);
          return `${oneLine(name)}: ${named.join(', ')}`;
        }),
        '',
      ];

function alertList({ alerts }: MailContent, words: Words): string {
  if (alerts === undefined) return '';
  const items = alerts.map((alert) => `<li>${escapeHtml(alert)}</li>`).join('');
  return heading(words.alerts) + (items === '' ? `<p>${escapeHtml(words.noAlerts)}</p>` : `<ul>${items}</ul>`);
}

const alertLines = ({ alerts = [] }: MailContent, words: Words): string[] =>
  alerts.length === 0 ? [] : [`${words.alerts}:`, ...alerts.map((alert) => `- ${alert}`), ''];
