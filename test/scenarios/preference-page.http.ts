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
  /** Returns the form data that a browser sends for the page's first form. */
  function formOf(html: string, change: Record<string, boolean> = {}): URLSearchParams {
    const form = new URLSearchParams();
    for (const [tag] of (html.split('</form>')[0] ?? '').matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]*)"/.exec(tag)?.[1] ?? '';
      const value = /value="([^"]*)"/.exec(tag)?.[1] ?? '';
      const isBox = tag.includes('checkbox');
      if (!isBox || (change[name] ?? tag.includes(' checked'))) form.append(name, value);
    }
    return form;
  }
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
    for (const answer of [
      await fetch(url),
      await save(url, formOf(html)),
      await fetch(`${url}/`),
      await fetch(`${url}x`),
    ]) {
      expect(answer.status).toBe(answer.url.endsWith('x') ? 404 : 200);
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
    const all = { sms: true, 'sms:offers': true };
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
      await save(url, formOf(await (await fetch(url)).text(), { sms: true, 'sms:offers': true }));
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

  it('changes what was changed, and means what it shows', async () => {
    const ann = await meet({ phone: newPhone(), email: 'page@f.example' });
    const first = await pageOf(ann);
    await save(first.url, formOf(first.html, { sms: false, 'sms:offers': false }));
    expect(await sendTo(ann, 'text')).toBe('no-consent');
    await cairn.advance('1s');
    const second = await pageOf(ann);
    await save(second.url, formOf(second.html, { sms: true }));
    expect(await sendTo(ann, 'text')).toBe('no-consent');
    expect((await profile(ann)).consent.sms).toMatchObject({ granted: true });
    await cairn.advance('1s');
    const third = await pageOf(ann);
    await save(third.url, formOf(third.html, { 'sms:offers': true }));
    expect(await sendTo(ann, 'text')).toBe('sent');
  });
});

it('warns of a topic that nobody can choose on the preference page', async () => {
  const put = (path: string, body: object) => cairn.ok<{ warnings: object[] }>('marketer', 'PUT', path, body);
  const content = { push: { title: 'x', body: 'x' } };
  expect((await put('/v1/templates/known', { class: 'marketing', topic: 'offers', content })).warnings).toEqual([]);
  expect((await put('/v1/templates/typo', { class: 'marketing', topic: 'ofers', content })).warnings).toMatchObject([
    { path: '/topic' },
  ]);
});
