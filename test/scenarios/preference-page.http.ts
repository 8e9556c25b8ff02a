import { describe, expect, it } from 'vitest';
import { cairn, meet, newPhone, patch, profile, says, sendTo, setUpConsent } from './consent-harness.ts';

setUpConsent();

describe('the preference page', () => {
  const pageOf = async (id: string) => {
    await sendTo(id, 'mail');
    const [sent] = (await cairn.outbox({ profileId: id, channel: 'email' })).slice(-1);
    const url = /<(.+)>/.exec(sent?.headers?.['List-Unsubscribe'] ?? '')?.[1] ?? '';
    return { url, html: await (await fetch(url)).text() };
  };
  /** Returns the form data that a browser sends for the page's form of choices: what was chosen, and then `change`. */
  function formOf(html: string, change: Record<string, 'yes' | 'no'> = {}): URLSearchParams {
    const form = new URLSearchParams();
    const tags = html.split('</form>').find((one) => one.includes('name="preferences"')) ?? '';
    for (const [tag] of tags.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1] ?? '';
      const value = /value="([^"]*)"/.exec(tag)?.[1] ?? '';
      if (!tag.includes('type="radio"') || (tag.includes(' checked') && change[name] === undefined))
        form.append(name, value);
    }
    for (const [name, value] of Object.entries(change)) form.set(name, value);
    return form;
  }
  /** What a choice shows; undefined: nothing was said. */
  const shown = (html: string, key: string) => formOf(html).get(key) ?? undefined;
  const save = (url: string, body: URLSearchParams) => fetch(url, { method: 'POST', body });
  const ledger = async (id: string) =>
    (await cairn.ok<{ items: object[] }>('marketer', 'GET', `/v1/profiles/${id}/consents`)).items;

  it('saved untouched changes nothing, also after a STOP that came since', async () => {
    const phone = newPhone();
    const ann = await meet({ phone, email: 'page@e.example' });
    const { url, html } = await pageOf(ann);
    const before = await ledger(ann);
    expect((await save(url, formOf(html))).status).toBe(200);
    expect(await ledger(ann)).toEqual(before);
    await says(phone, 'STOP');
    await cairn.advance('1s');
    await save(url, formOf(html));
    expect(await sendTo(ann, 'text')).toBe('no-consent');
  });

  it('lies in no frame, and answers with a slash at its end as without', async () => {
    const ann = await meet({ email: 'page@frame.example' });
    const { url, html } = await pageOf(ann);
    for (const [answer, status] of [
      [await fetch(url), 200],
      [await save(url, formOf(html)), 200],
      [await fetch(`${url}/`), 200],
      [await fetch(`${url}x`), 404],
    ] as const) {
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(answer.headers.get('x-frame-options')).toBe('DENY');
    }
    expect((await fetch(`${url}/more`)).status).toBe(404);
  });

  it('of an e-mail lifts no STOP: the link proves the mailbox, not the telephone', async () => {
    const phone = newPhone();
    const bob = await meet({ phone });
    await says(phone, 'STOP');
    const mallory = await meet({ phone, email: 'page@m.example' });
    const { url, html } = await pageOf(mallory);
    expect(html).toContain('START');
    await cairn.advance('1s');
    const all = { sms: 'yes', 'sms:offers': 'yes' } as const;
    expect(await (await save(url, formOf(html, all))).text()).toContain('START');
    expect(await sendTo(mallory, 'text')).toBe('no-consent');
    expect(await sendTo(bob, 'text')).toBe('no-consent');
    // It counts for the profile, once the number itself is open again.
    await cairn.advance('1s');
    await says(phone, 'START');
    expect(await sendTo(mallory, 'text')).toBe('sent');
  });

  it('of an SMS lifts the STOP of the number that the SMS went to, and of no other', async () => {
    const [own, other] = [newPhone(), '+8613899990001'];
    await meet({ phone: other });
    await says(other, 'STOP');
    const ann = await meet({ phone: own });
    await cairn.advance('1s');
    await cairn.track(ann, 'Start page');
    const [sms] = (await cairn.outbox({ profileId: ann, channel: 'sms' })).slice(-1);
    const url = /http\S+/.exec(sms?.body ?? sms?.text ?? '')?.[0] ?? '';
    const saveWithSms = async () => {
      await cairn.advance('1s');
      await save(url, formOf(await (await fetch(url)).text(), { sms: 'yes', 'sms:offers': 'yes' }));
      return sendTo(ann, 'text');
    };
    await says(own, 'STOP');
    expect(await saveWithSms()).toBe('sent');
    await patch(ann, { phone: other });
    expect(await saveWithSms()).toBe('no-consent');
    await says(own, 'STOP');
    await patch(ann, { phone: own });
    expect(await saveWithSms()).toBe('sent');
  });

  it('changes what was changed, names it, and means what it shows', async () => {
    const ann = await meet({ phone: newPhone(), email: 'page@f.example', locale: 'en' });
    const first = await pageOf(ann);
    expect(['sms', 'sms:offers'].map((key) => shown(first.html, key))).toEqual(['yes', '']);
    const off = await (await save(first.url, formOf(first.html, { sms: 'no', 'sms:offers': 'no' }))).text();
    expect(off.match(/<li>.*?<\/li>/g)).toEqual(['<li>SMS: No</li>', '<li>Offers &#38; sales · SMS: No</li>']);
    expect(await sendTo(ann, 'text')).toBe('no-consent');
    await cairn.advance('1s');
    const second = await pageOf(ann);
    // What was said has no third choice any more.
    expect(second.html).not.toMatch(/name="sms:offers" value=""/);
    expect(second.html).toMatch(/name="email:offers" value="" checked/);
    await save(second.url, formOf(second.html, { sms: 'yes' }));
    expect(await sendTo(ann, 'text')).toBe('no-consent');
    expect((await profile(ann)).consent.sms).toMatchObject({ granted: true });
    await cairn.advance('1s');
    const third = await pageOf(ann);
    await save(third.url, formOf(third.html, { 'sms:offers': 'yes' }));
    expect(await sendTo(ann, 'text')).toBe('sent');
    const untouched = await (await save(third.url, formOf((await pageOf(ann)).html))).text();
    expect(untouched).toContain('There was nothing to change');
  });

  it('says yes for a topic that follows its channel, once the channel is turned on', async () => {
    const ann = await meet({ phone: newPhone(), email: 'page@g.example' });
    const { url, html } = await pageOf(ann);
    await save(url, formOf(html, { sms: 'no' }));
    await cairn.advance('1s');
    const later = await pageOf(ann);
    await save(later.url, formOf(later.html, { sms: 'yes' }));
    expect((await profile(ann)).consent.sms).not.toHaveProperty('topics');
    expect(await sendTo(ann, 'text')).toBe('sent');
  });

  it('tells what nobody has said from a no, and leaves it so', async () => {
    const id = `unsaid-customer`;
    await cairn.identify(
      id,
      { email: 'page@h.example' },
      { context: { consent: { categoryPreferences: { email: true } } } },
    );
    const { url, html } = await pageOf(id);
    expect(['email', 'sms', 'push'].map((key) => shown(html, key))).toEqual(['yes', undefined, undefined]);
    expect(html).toContain('尚未选择');
    await save(url, formOf(html, { 'email:offers': 'no' }));
    const { consent } = await profile(id);
    expect(Object.keys(consent)).toEqual(['email']);
    expect(consent.email).toMatchObject({ granted: true, topics: { offers: { granted: false } } });
  });

  it('unsubscribes from all channels at once, and names them', async () => {
    const ann = await meet({ phone: newPhone(), email: 'page@i.example' });
    const { url } = await pageOf(ann);
    const done = await (await save(url, new URLSearchParams({ all: '1' }))).text();
    for (const channel of ['电子邮件', '短信', '应用推送']) expect(done).toContain(`<li>${channel}</li>`);
    for (const journey of ['mail', 'text', 'note'] as const) expect(await sendTo(ann, journey)).not.toBe('sent');
    const { consent } = await profile(ann);
    for (const key of ['email', 'sms', 'push']) expect(consent[key]).toMatchObject({ granted: false, source: 'page' });
  });

  it('that was opened before its fields changed is shown anew, and nothing is saved of it', async () => {
    const ann = await meet({ email: 'page@j.example' });
    const { url } = await pageOf(ann);
    const before = await ledger(ann);
    const answer = await save(url, new URLSearchParams({ preferences: '1', was: 'email' }));
    expect(await answer.text()).toContain('请重新选择');
    expect(await ledger(ann)).toEqual(before);
  });

  it('shows the brand, and lets the browser load its logo and nothing else', async () => {
    const ann = await meet({ email: 'page@k.example', locale: 'en-GB' });
    const { url, html } = await pageOf(ann);
    expect(html).toContain('<img src="https://cdn.brand.example/logo.svg?a=1&#38;b=2" alt="Lin &#38; Co"');
    expect(html).toContain('<legend>Offers &#38; sales</legend>');
    expect(html).not.toMatch(/<script|javascript:|https?:\/\/(?!cdn\.brand\.example)/);
    const policy = (await fetch(url)).headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('img-src https://cdn.brand.example;');
    await patch(ann, { locale: 'zh-HK' });
    expect((await pageOf(ann)).html).toContain('<legend>优惠</legend>');
  });

  it('is in traditional characters where the customer’s locale is', async () => {
    const ann = await meet({ email: 'page@l.example', locale: 'zh-TW' });
    const { html, url } = await pageOf(ann);
    for (const part of ['<html lang="zh-TW">', '<h1>訊息訂閱設定</h1>', '電子郵件']) expect(html).toContain(part);
    const answer = await save(url, new URLSearchParams({ preferences: '1', was: 'email' }));
    expect(await answer.text()).toContain('請重新選擇');
    await patch(ann, { locale: 'zh-SG' });
    expect((await pageOf(ann)).html).toContain('<html lang="zh-CN">');
  });

  it.each(['http://cdn.example/logo.png', 'https://a;script-src%20*/x', 'https://a;b/x'])(
    'has no logo from %s',
    async (logoUrl) => {
      const settings = await cairn.ok<object>('admin', 'GET', '/v1/settings');
      const answer = await cairn.as('admin', 'PUT', '/v1/settings', { ...settings, brand: { name: 'x', logoUrl } });
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ path: '/brand/logoUrl' }] } });
    },
  );
});

it('warns of a topic that nobody can choose on the preference page', async () => {
  const put = (path: string, body: object) => cairn.ok<{ warnings: object[] }>('marketer', 'PUT', path, body);
  const content = { push: { title: 'x', body: 'x' } };
  expect((await put('/v1/templates/known', { class: 'marketing', topic: 'offers', content })).warnings).toEqual([]);
  expect((await put('/v1/templates/typo', { class: 'marketing', topic: 'ofers', content })).warnings).toMatchObject([
    { path: '/topic' },
  ]);
});
