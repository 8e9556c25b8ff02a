import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { arrived, type Call, CONSENT_UPDATED, type Expected, numbered, type Workload, workloadOf } from './calls.ts';
import { executablePath, withoutChromium } from './chromium.ts';
import { everyFault, FAULTS } from './faults.ts';
import { Server } from './server.ts';

/** The shop's page, on an origin of its own. */
async function startShop() {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
  });
  const script = outputFiles[0]?.text ?? '';
  const shop = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(`<!doctype html><title>Shop</title><script>${script.replaceAll('</script', '<\\/script')}</script>`);
  });
  shop.listen(0, '127.0.0.1');
  await once(shop, 'listening');
  // A server that listens on a port has an address of this form.
  return { url: `http://127.0.0.1:${(shop.address() as AddressInfo).port}/`, close: () => shop.close() };
}

/** Pause between two calls: a browser opens six connections, and a call that waits longer than 5 s for one looks like one with a wrong clock. */
const PAUSE_MS = 15;

const pageOf = (context: BrowserContext): Page => {
  const [page] = context.pages();
  if (page === undefined) throw new Error('the context has a page');
  return page;
};

const BEFORE = { email: true, sms: false, 'email:offers': true };
const NO_OFFERS = { ...BEFORE, 'email:offers': false };
const BUT_SMS = { ...NO_OFFERS, sms: true };

if (executablePath === undefined) withoutChromium();
else
  describe('analytics-next with consent-tools in Chromium', () => {
    let browser: Browser;
    let shop: Awaited<ReturnType<typeof startShop>>;
    let server: Server;
    let writeKey: string;
    beforeAll(async () => {
      shop = await startShop();
      browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    });
    afterAll(async () => {
      await browser.close();
      shop.close();
    });
    beforeEach(async () => {
      server = await Server.start();
      ({ key: writeKey } = await server.cairn.ok<{ key: string }>('admin', 'POST', '/v1/keys', {
        kind: 'client',
        name: 'web',
      }));
    });
    afterEach(() => server.stop());

    const ask = <Result>(page: Page, expression: string): Promise<Result> => page.evaluate(expression);
    const send = (page: Page, calls: Call[]) =>
      ask(page, `shop.send(${JSON.stringify({ rounds: calls.map((call) => [call]) })}, ${PAUSE_MS})`);

    async function open(context: BrowserContext, categories: object): Promise<Page> {
      const page = context.pages()[0] ?? (await context.newPage());
      await page.goto(shop.url);
      await ask(page, `shop.load(...${JSON.stringify([writeKey, server.proxy.url, categories])})`);
      return page;
    }

    /** A visitor comes, says who they are, says no and yes, and looks at `events` products; returns what is to be read back. */
    async function visit(context: BrowserContext, userId: string, events: number): Promise<Expected> {
      const page = await open(context, BEFORE);
      const anonymousId = await ask<string>(page, 'shop.anonymousId()');
      const calls: Call[] = [];
      const say = async (more: Partial<Call>[]) => {
        const said = more.map((call, index) => numbered(call as Call, calls.length + index));
        calls.push(...said);
        await send(page, said);
      };
      await say([
        { type: 'page', name: 'Home', category: 'Docs', properties: {} },
        { type: 'track', event: 'Product Added', properties: { sku: 'ü 商品 🛒' } },
        { type: 'identify', userId, traits: { email: `${userId}@example.com`, plan: 'free' } },
        { type: 'screen', name: 'Cart', category: 'Shop', properties: {} },
        { type: 'group', groupId: 'acme', traits: { size: 3 } },
        { type: 'identify', userId, traits: { plan: 'pro' } },
        { type: 'group', groupId: 'acme', traits: { size: 4 } },
      ]);
      for (const chosen of [NO_OFFERS, BUT_SMS]) {
        calls.push({ type: 'track', event: CONSENT_UPDATED, n: calls.length });
        await ask(page, `shop.choose(${JSON.stringify(chosen)})`);
      }
      await say(
        Array.from({ length: events }, () => ({ type: 'track', event: 'Product Viewed', properties: {} }) as const),
      );
      const groups = { acme: { size: 4, n: 6 } };
      const traits = { email: `${userId}@example.com`, plan: 'pro', n: 5 };
      return { ids: [userId, anonymousId], calls, traits, groups, consent: BUT_SMS };
    }

    async function expectArrived(workload: Workload, contexts: BrowserContext[]): Promise<void> {
      await arrived(() => server.cairn, workload, 60_000);
      for (const context of contexts) expect(await ask(pageOf(context), 'shop.givenUp')).toEqual([]);
      await server.expectRead(workload);
    }

    const newContexts = (count: number): Promise<BrowserContext[]> =>
      Promise.all(Array.from({ length: count }, () => browser.newContext()));

    it('sends everything it can, in bursts', async () => {
      const contexts = await newContexts(3);
      const visits = contexts.map((context, index) => visit(context, `all-${index}`, index === 0 ? 100 : 10));
      await expectArrived(workloadOf(await Promise.all(visits)), contexts);
      await Promise.all(contexts.map((context) => context.close()));
    });

    it('repeats what is refused, reset or not answered, and nothing counts twice', async () => {
      server.proxy.plan = everyFault;
      const contexts = await newContexts(2);
      const visits = contexts.map((context, index) => visit(context, `faults-${index}`, 40));
      await expectArrived(workloadOf(await Promise.all(visits)), contexts);
      expect(FAULTS.filter((fault) => !server.proxy.seen.includes(fault))).toEqual([]);
      expect(server.proxy.repeats.some((headers) => headers['x-retry-count'] !== undefined)).toBe(true);
      await Promise.all(contexts.map((context) => context.close()));
    });

    it.each(['SIGTERM', 'SIGKILL'] as const)('outlives a restart by %s', async (signal) => {
      const contexts = await newContexts(2);
      const visits = contexts.map((context, index) => visit(context, `${signal}-${index}`, 60));
      // It reads its settings once; where that fails, the page sends nothing.
      await server.restartAfter(20, signal);
      const workload = workloadOf(await Promise.all(visits));
      await arrived(() => server.cairn, workload, 60_000);
      for (const context of contexts) expect(await ask(pageOf(context), 'shop.givenUp')).toEqual([]);
      await server.rest();
      await server.expectRead(workload);
      await Promise.all(contexts.map((context) => context.close()));
    });

    it('keeps over a reload of the page what it could not send', async () => {
      const context = await browser.newContext();
      const before = await visit(context, 'reload', 0);
      await arrived(() => server.cairn, workloadOf([before]), 60_000);
      server.proxy.target = undefined;
      const unsent = Array.from({ length: 20 }, (_, index) =>
        numbered({ type: 'track', event: 'Product Viewed', properties: {}, n: 0 }, before.calls.length + index),
      );
      await send(pageOf(context), unsent);
      server.proxy.target = server.cairn.url;
      await open(context, BUT_SMS);
      await expectArrived(workloadOf([{ ...before, calls: [...before.calls, ...unsent] }]), [context]);
      await context.close();
    });

    it('an alias of the visitor is one of them', async () => {
      const context = await browser.newContext();
      const page = await open(context, BEFORE);
      const anonymousId = await ask<string>(page, 'shop.anonymousId()');
      const calls = [
        { type: 'track', event: 'Seen', properties: {} } as const,
        { type: 'alias', userId: 'aliased' } as const,
      ].map((call, n) => numbered({ ...call, n }, n));
      await send(page, calls);
      const workload = workloadOf([{ ids: ['aliased', anonymousId], calls, traits: {}, groups: {}, consent: BEFORE }]);
      await expectArrived(workload, [context]);
      await context.close();
    });
  });
