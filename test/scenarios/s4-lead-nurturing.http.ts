import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Cairn } from './cairn.ts';
import { complete, meet, publishExample, runsOf, sentTo, tasksOf } from './example-journeys.ts';
import { acquireCairn, releaseCairn } from './pooled-cloud.ts';

let cairn: Cairn;
beforeAll(async () => {
  cairn = await acquireCairn();
});
afterAll(() => releaseCairn(cairn));
beforeEach(async () => {
  await cairn.reset();
  for (const file of await readdir('examples/content')) await cairn.install('content', file.replace('.json', ''));
  for (const tag of ['lead-won', 'lead-lost']) await cairn.install('tags', tag);
  await publishExample(cairn, 'quote');
  await publishExample(cairn, 'lead-nurturing');
});

/** A lead by email who has sent the form and downloaded the report. */
async function engage(lead: string, traits: object = {}): Promise<void> {
  await meet(cairn, lead, { email: `${lead}@example.org`, name: lead, ...traits });
  await cairn.track(lead, 'Form Submitted');
  await cairn.track(lead, 'Report Downloaded');
}
const tagsOf = async (lead: string): Promise<string[]> =>
  (await cairn.ok<{ tags: { id: string }[] }>('marketer', 'GET', `/v1/profiles/${lead}`)).tags.map(({ id }) => id);
const casesTo = async (lead: string): Promise<{ subject: string | undefined; cases: string[] }> => {
  const [mail] = (await cairn.outbox({ profileId: lead })).filter(({ template }) => template === 'lead-cases');
  const { text = '', subject } = mail ?? {};
  return { subject, cases: [...text.matchAll(/cases\/([a-z]+)/g)].map(([, path = '']) => path) };
};

describe('S4, a lead', { timeout: 90_000 }, () => {
  it('gets mails at 0, 24 and 72 hours, and the invitation at 168 where the survey is not answered', async () => {
    await meet(cairn, 'ann', { email: 'ann@example.org', industry: 'retail' });
    await cairn.track('ann', 'Form Submitted');
    expect(await sentTo(cairn, 'ann')).toEqual([]);
    await cairn.track('ann', 'Report Downloaded');
    await cairn.advance('10d');
    expect(await sentTo(cairn, 'ann')).toEqual([
      '2026-11-02T01:00:00.000Z lead-hello',
      '2026-11-03T01:00:00.000Z lead-cases',
      '2026-11-05T01:00:00.000Z lead-survey',
      '2026-11-09T01:00:00.000Z lead-live-stream',
    ]);
    expect(await runsOf(cairn, 'lead-nurturing', 'ann')).toEqual(['invited']);
    expect(await tasksOf(cairn, 'ann')).toEqual([]);
  });

  it('gets three cases of the industry, those that there are, or any', async () => {
    await engage('rita', { industry: 'retail' });
    await engage('mark', { industry: ['manufacturing', 'logistics'] });
    await engage('fay', { industry: 'finance' });
    await engage('nils', { industry: 'mining' });
    await engage('nora');
    await cairn.advance('25h');
    expect(await casesTo('rita')).toEqual({
      subject: 'How Lian Bakery did it',
      cases: ['bakery', 'bookshop', 'grocer'],
    });
    expect((await casesTo('mark')).cases).toEqual(['bearings', 'tailor', 'valves']);
    expect((await casesTo('fay')).cases).toEqual(['broker']);
    for (const lead of ['nils', 'nora'])
      expect((await casesTo(lead)).cases).toEqual(['bakery', 'bearings', 'bookshop']);
    const [, mail] = await cairn.outbox({ profileId: 'fay' });
    expect(mail?.html).toMatch(
      /<li><a href="[^"]*\/c\/[^"]+">A broker keeps its advisers<\/a>: half as many cancelled<\/li>/,
    );
  });

  it('is called by a consultant after an answer; "price" starts the quote, "technical" goes to an engineer', async () => {
    const leads = ['ann', 'bob', 'cid', 'dan'];
    for (const lead of leads) await engage(lead, { company: `${lead} Ltd` });
    await cairn.advance('4d');
    await cairn.track('ann', 'Survey Answered', { about: 'price' });
    await cairn.track('bob', 'Survey Answered', { about: 'technical', question: 'does it read CSV?' });
    await cairn.track('cid', 'Survey Answered', { about: 'references' });
    const titles = async (lead: string) =>
      (await tasksOf(cairn, lead)).map(({ queue, title }) => `${queue}: ${title}`).sort();
    expect(await titles('ann')).toEqual(['consultants: Call ann about price', 'quotes: Quote for ann Ltd']);
    expect(await titles('bob')).toEqual(['engineers: Answer bob: does it read CSV?']);
    expect(await titles('cid')).toEqual(['consultants: Call cid about references']);
    for (const lead of ['ann', 'bob', 'cid']) expect(await runsOf(cairn, 'lead-nurturing', lead)).toEqual(['answered']);

    const quote = (await tasksOf(cairn, 'ann')).find(({ queue }) => queue === 'quotes');
    await cairn.ok('marketer', 'POST', `/v1/tasks/${quote?.id}/complete`, { outcome: 'ready' });
    await cairn.advance('4d');
    expect((await sentTo(cairn, 'ann')).slice(3)).toEqual(['2026-11-06T01:00:00.000Z quote-ready']);
    expect(await runsOf(cairn, 'quote', 'ann')).toEqual(['quoted']);
    for (const lead of ['bob', 'cid']) {
      expect(await sentTo(cairn, lead)).toHaveLength(3);
      expect(await runsOf(cairn, 'quote', lead)).toEqual([]);
    }
    expect((await sentTo(cairn, 'dan')).slice(3)).toEqual(['2026-11-09T01:00:00.000Z lead-live-stream']);
    // Too late: the run has ended.
    await cairn.track('dan', 'Survey Answered', { about: 'price' });
    expect(await tasksOf(cairn, 'dan')).toEqual([]);
  });

  it('tells the leads of sales of a quote that is late', async () => {
    await engage('ann', { company: 'Ann Ltd' });
    await cairn.advance('73h');
    await cairn.track('ann', 'Survey Answered', { about: 'price' });
    await cairn.advance('2d');
    expect((await tasksOf(cairn, 'ann')).map(({ queue }) => queue).sort()).toEqual([
      'consultants',
      'quotes',
      'sales-leads',
    ]);
    expect(await runsOf(cairn, 'quote', 'ann')).toEqual(['late']);
  });

  it('is qualified by its score: from a budget of 100,000 and a decision within 3 months', async () => {
    await publishExample(cairn, 'lead-hand-off');
    const scores = {
      ann: { budget: 100_000, decisionMonths: 3 },
      bob: { budget: 99_999, decisionMonths: 3 },
      cid: { budget: 100_000, decisionMonths: 4 },
      dan: { budget: '100000', decisionMonths: 3 },
    };
    for (const [lead, traits] of Object.entries(scores)) await engage(lead, traits);
    await engage('eva');
    const nurtured = async (lead: string) =>
      (await tagsOf(lead)).filter((tag) => /nurturing|qualified/.test(tag)).sort();
    // Qualified from the start: called, and no mails.
    expect(await nurtured('ann')).toEqual(['lead-qualified']);
    expect(await runsOf(cairn, 'lead-nurturing', 'ann')).toEqual([]);
    expect(await tasksOf(cairn, 'ann')).toMatchObject([{ queue: 'consultants', title: 'Call ann: budget 100000' }]);
    for (const lead of ['bob', 'cid', 'dan', 'eva']) expect(await nurtured(lead)).toEqual(['lead-nurturing']);

    // Qualified on the way: the mails end at once, and the consultant takes over.
    await cairn.advance('30h');
    await cairn.identify('eva', { budget: 250_000, decisionMonths: 1 });
    expect(await nurtured('eva')).toEqual(['lead-qualified']);
    expect(await runsOf(cairn, 'lead-nurturing', 'eva')).toEqual(['qualified']);
    await complete(cairn, 'eva', 'won');
    await cairn.advance('8d');
    expect((await sentTo(cairn, 'eva')).map((line) => line.slice(25))).toEqual(['lead-hello', 'lead-cases']);
    expect(await runsOf(cairn, 'lead-hand-off', 'eva')).toEqual(['won']);
    for (const lead of ['bob', 'cid', 'dan']) expect(await runsOf(cairn, 'lead-nurturing', lead)).toEqual(['invited']);
  });

  it('counts for the goals of sales and research', async () => {
    for (const file of await readdir('examples/goals')) await cairn.install('goals', file.replace('.json', ''));
    for (const lead of ['ann', 'bob', 'cid', 'dan']) await engage(lead);
    // Qualified without having been engaged: in no share.
    await meet(cairn, 'zoe', { budget: 300_000, decisionMonths: 2 });
    await cairn.advance('73h');
    await cairn.identify('ann', { budget: 250_000, decisionMonths: 1 });
    for (const about of ['price', 'references']) await cairn.track('bob', 'Survey Answered', { about });
    await cairn.track('cid', 'Survey Answered', { about: 'price' });
    await cairn.local('POST', 'settle');
    const { items } = await cairn.ok<{ items: object[] }>('viewer', 'GET', '/v1/reports/goals');
    expect(items).toMatchObject([
      { id: 'qualified-leads', metric: 'share', target: 0.45, actual: 0.25, owner: 'sales', onTrack: false },
      { id: 'survey-answers', metric: 'people', target: 500, actual: 2, owner: 'research', onTrack: false },
    ]);
  });

  it('is walked dry, with the cases that it would get', async () => {
    const { messages, outcome } = await cairn.ok<{ messages: { template: string; text: string }[]; outcome: string }>(
      'marketer',
      'POST',
      '/v1/journeys/lead-nurturing/simulate',
      {
        profile: { traits: { email: 'lin@example.org', industry: 'finance' }, consent: { email: true } },
        events: [
          { after: '1h', event: 'Form Submitted' },
          { after: '1h', event: 'Report Downloaded' },
          { after: '80h', event: 'Survey Answered', properties: { about: 'references' } },
        ],
        until: '30d',
      },
    );
    expect(outcome).toBe('answered');
    expect(messages.map(({ template }) => template)).toEqual(['lead-hello', 'lead-cases', 'lead-survey']);
    expect(messages[1]?.text).toContain('A broker keeps its advisers');
  });
});
