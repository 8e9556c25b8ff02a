import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cairn } from '../scenarios/cairn.ts';
import { executablePath, withoutChromium } from './chromium.ts';

/** A phone. */
const PHONE = { width: 390, height: 844 };
const SMALLEST_TOUCH = 44;
const BRAND = { name: 'Lin & Co', logoUrl: 'https://cdn.brand.example/logo.svg', color: '#0b6b4f' };
const LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="100"><rect width="600" height="100"/></svg>';
const LONG = 'Seasonal recipes, new roasts and everything else from our roastery in Xinglong-and-a-very-long-word';

const widthOf = (page: Page): Promise<number> => page.evaluate('document.documentElement.scrollWidth');

if (executablePath === undefined) withoutChromium();
else
  describe('the preference page on a phone, without script,', () => {
    let browser: Browser;
    let cairn: Cairn;
    let context: BrowserContext;
    let page: Page;
    let asked: string[];
    let people = 0;

    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
      cairn = await Cairn.start('2026-11-02T01:00:00Z');
      await cairn.ok('admin', 'PUT', '/v1/settings', {
        caps: [],
        brand: BRAND,
        topics: [
          { id: 'offers', names: { 'zh-CN': '优惠', en: 'Offers' } },
          { id: 'news', names: { en: LONG } },
          'plain',
        ],
      });
      await cairn.ok('marketer', 'PUT', '/v1/templates/news', {
        class: 'marketing',
        topic: 'offers',
        content: { email: { subject: 'News', html: '<p>News</p>' } },
      });
      await cairn.ok('marketer', 'PUT', '/v1/journeys/mail', {
        name: 'mail',
        entry: { event: 'Start mail' },
        reentry: 'always',
        start: 'notify',
        nodes: { notify: { type: 'send', template: 'news', channels: ['email'], next: 'done' }, done: { type: 'end' } },
      });
      await cairn.publish('mail');
    });
    afterAll(async () => {
      await browser.close();
      await cairn.stop();
    });
    beforeEach(async () => {
      context = await browser.newContext({ viewport: PHONE, isMobile: true, hasTouch: true, javaScriptEnabled: false });
      page = await context.newPage();
      asked = [];
      await page.route('**', async (route) => {
        const url = route.request().url();
        if (url.startsWith(cairn.url)) return route.continue();
        asked.push(url);
        await route.fulfill({ contentType: 'image/svg+xml', body: LOGO });
      });
    });
    afterEach(() => context.close());

    /** A customer who has agreed to email, and the address of the page behind the newest message to them. */
    async function mailed(traits: object = {}): Promise<{ id: string; url: string }> {
      people += 1;
      const id = `reader-${people}`;
      const consent = { consent: { categoryPreferences: { email: true } } };
      await cairn.identify(id, { email: `${id}@e.example`, locale: 'en', ...traits }, { context: consent });
      await cairn.track(id, 'Start mail');
      const [sent] = (await cairn.outbox({ profileId: id })).slice(-1);
      return { id, url: /<(.+)>/.exec(sent?.headers?.['List-Unsubscribe'] ?? '')?.[1] ?? '' };
    }
    const consents = async (id: string) =>
      (await cairn.ok<{ consent: Record<string, { granted?: boolean }> }>('viewer', 'GET', `/v1/profiles/${id}`))
        .consent;

    /** Nothing is wider than the phone, and everything that is touched is large enough. */
    async function expectFits(): Promise<void> {
      expect(await widthOf(page)).toBeLessThanOrEqual(PHONE.width);
      for (const one of await page.locator('button, a, .choice label').all()) {
        const { x, width, height } = (await one.boundingBox()) ?? { x: -1, width: 0, height: 0 };
        expect(Math.min(width, height), (await one.textContent()) ?? '').toBeGreaterThanOrEqual(SMALLEST_TOUCH);
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(PHONE.width);
      }
    }

    const choose = (group: string, channel: string, choice: string) =>
      page
        .getByRole('group', { name: group, exact: true })
        .getByRole('radiogroup', { name: channel })
        .getByRole('radio', { name: choice, exact: true })
        .check();

    it('fits, shows the brand, and asks nobody else for anything', async () => {
      const { url } = await mailed();
      await page.goto(url);
      await expectFits();
      await page.getByRole('img', { name: BRAND.name }).waitFor();
      expect(await page.title()).toBe('Message preferences – Lin & Co');
      expect(asked).toEqual([BRAND.logoUrl]);
      for (const name of ['Offers', LONG, 'plain'])
        expect(await page.getByRole('group', { name, exact: true }).count()).toBe(1);
      await page.setViewportSize({ width: 320, height: 568 });
      expect(await widthOf(page)).toBeLessThanOrEqual(320);
    });

    it('is in Chinese for whoever reads Chinese', async () => {
      const { url } = await mailed({ locale: 'zh-CN' });
      await page.goto(url);
      expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
      expect(await page.getByRole('group', { name: '优惠', exact: true }).count()).toBe(1);
      await expectFits();
    });

    it('changes nothing by being looked at, by a scanner as little', async () => {
      const { id, url } = await mailed();
      const before = await consents(id);
      await page.goto(url);
      await page.reload();
      for (const agent of ['SafeLinks scanner', 'GoogleImageProxy']) {
        expect((await fetch(url, { headers: { 'user-agent': agent } })).status).toBe(200);
        expect((await fetch(url, { method: 'HEAD', headers: { 'user-agent': agent } })).status).toBe(200);
      }
      await cairn.local('POST', 'settle');
      expect(await consents(id)).toEqual(before);
    });

    it('tells said from unsaid, saves what is chosen, and says what it has saved', async () => {
      const { id, url } = await mailed();
      await page.goto(url);
      const email = page.getByRole('radiogroup', { name: 'E-mail' }).first();
      expect(await email.getByRole('radio', { name: 'Yes', exact: true }).isChecked()).toBe(true);
      const sms = page.getByRole('radiogroup', { name: /^SMS/ }).first();
      for (const choice of ['Yes', 'No'])
        expect(await sms.getByRole('radio', { name: choice, exact: true }).isChecked()).toBe(false);
      await choose('Offers', 'E-mail', 'No');
      await choose(LONG, 'E-mail', 'Yes');
      await page.getByRole('button', { name: 'Save preferences' }).click();
      const status = page.getByRole('status');
      expect(await status.getByRole('listitem').allTextContents()).toEqual([
        'Offers · E-mail: No',
        `${LONG} · E-mail: Yes`,
      ]);
      await expectFits();
      await cairn.local('POST', 'settle');
      expect(await consents(id)).toMatchObject({
        email: { granted: true, topics: { offers: { granted: false }, news: { granted: true } } },
      });
      await page.getByRole('link', { name: 'Back to your preferences' }).click();
      const offers = page
        .getByRole('group', { name: 'Offers', exact: true })
        .getByRole('radiogroup', { name: 'E-mail' });
      expect(await offers.getByRole('radio').count()).toBe(2);
      expect(await offers.getByRole('radio', { name: 'No', exact: true }).isChecked()).toBe(true);
    });

    it('is worked with the keyboard alone', async () => {
      const { id, url } = await mailed();
      await page.goto(url);
      const yes = page
        .getByRole('radiogroup', { name: 'E-mail' })
        .first()
        .getByRole('radio', { name: 'Yes', exact: true });
      await yes.focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      await page.getByRole('status').waitFor();
      await cairn.local('POST', 'settle');
      expect((await consents(id)).email).toMatchObject({ granted: false });
    });

    it('saved after a STOP that came since, lifts nothing', async () => {
      const { id, url } = await mailed({ phone: '+8613800138222' });
      await page.goto(url);
      await cairn.local('POST', 'feedback', { channel: 'sms', from: '+8613800138222', text: 'STOP' });
      await cairn.local('POST', 'settle');
      await page.getByRole('button', { name: 'Save preferences' }).click();
      expect(await page.getByRole('status').textContent()).toContain('nothing to change');
      await cairn.local('POST', 'settle');
      expect((await consents(id)).sms).toMatchObject({ granted: false });
    });

    it('unsubscribes from all with one button', async () => {
      const { id, url } = await mailed();
      await page.goto(url);
      await page.getByRole('button', { name: 'Unsubscribe from all' }).click();
      expect(await page.getByRole('status').getByRole('listitem').allTextContents()).toEqual([
        'E-mail',
        'SMS',
        'App notifications',
      ]);
      await expectFits();
      await cairn.track(id, 'Start mail');
      expect(await cairn.outbox({ profileId: id })).toHaveLength(1);
    });
  });
