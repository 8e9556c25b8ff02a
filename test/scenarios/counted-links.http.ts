import { afterAll, describe, expect, it } from 'vitest';
import { cairn, meet, messages, newPhone, sendTo, setUpConsent } from './consent-harness.ts';

setUpConsent();

describe('a counted link', () => {
  it('of other characters leads on; HEAD and fetching ahead count nothing, programs count as machines', async () => {
    const ann = await meet({ email: 'link@g.example' });
    await sendTo(ann, 'mail');
    const [sent] = await cairn.outbox({ profileId: ann });
    const url = /href="([^"]+)"/.exec(sent?.html ?? '')?.[1] ?? '';
    expect(url).toContain('/c/');
    const agent = { 'user-agent': 'Mozilla/5.0 (Linux; Android 9; M BOT 60) Chrome/99' };
    const head = await fetch(url, { method: 'HEAD', redirect: 'manual' });
    const location = 'https://shop.example/%E5%95%86%E5%93%81?q=%27x%27';
    expect([head.status, head.headers.get('location')]).toEqual([302, location]);
    await cairn.local('POST', 'settle');
    expect((await messages(ann))[0]?.status).toBe('sent');
    const ahead = await fetch(url, { redirect: 'manual', headers: { ...agent, 'sec-purpose': 'prefetch;prerender' } });
    expect([ahead.status, ahead.headers.get('location')]).toEqual([503, null]);
    const checked = await fetch(url, { redirect: 'manual', headers: { 'user-agent': 'python-requests/2.31.0' } });
    expect([checked.status, checked.headers.get('location')]).toEqual([302, location]);
    await cairn.local('POST', 'settle');
    const clicks = async () =>
      (
        await cairn.ok<{ items: { event?: string; properties?: { machine?: boolean } }[] }>(
          'marketer',
          'GET',
          `/v1/profiles/${ann}/timeline`,
        )
      ).items.flatMap(({ event, properties }) => (event === 'Message Clicked' ? (properties?.machine ?? false) : []));
    expect(await clicks()).toEqual([true]);
    const followed = await fetch(url, { redirect: 'manual', headers: agent });
    expect([followed.status, followed.headers.get('location')]).toEqual([302, location]);
    await cairn.local('POST', 'settle');
    expect((await messages(ann))[0]?.status).toBe('clicked');
    expect((await clicks()).sort()).toEqual([false, true]);
  });
});

describe('a provider without room', () => {
  const throttle = (times: number) => cairn.local('POST', 'faults', { provider: 'sms', mode: 'throttle', times });
  afterAll(() => throttle(0));

  it('is no failure: nothing fails, nothing changes its channel', async () => {
    const crowd: string[] = [];
    for (let index = 0; index < 6; index += 1) crowd.push(await meet({ phone: newPhone(), email: 'room@h.example' }));
    await throttle(100_000);
    for (const id of crowd) await cairn.track(id, 'Start either');
    await cairn.advance('30m');
    for (const id of crowd) expect((await messages(id))[0]).toMatchObject({ status: 'sending', channel: 'sms' });
    await throttle(0);
    await cairn.advance('15m');
    for (const id of crowd) expect((await messages(id))[0]).toMatchObject({ status: 'sent', channel: 'sms' });
    const [one] = await messages(crowd[0] ?? '');
    const { history } = await cairn.ok<{ history: { status: string }[] }>('viewer', 'GET', `/v1/messages/${one?.id}`);
    expect(history.length).toBeLessThan(5);
  });

  it('is asked until `validFor`, its own for what is transactional', async () => {
    await cairn.ok('marketer', 'PUT', '/v1/templates/code', {
      class: 'transactional',
      content: { sms: { text: '42' } },
    });
    const ann = await meet({ phone: newPhone() });
    await throttle(100_000);
    await cairn.ok('marketer', 'POST', '/v1/messages', { profileId: ann, template: 'code' });
    await cairn.track(ann, 'Start text');
    await cairn.advance('50m');
    expect((await messages(ann)).map(({ status }) => status)).toEqual(['sending', 'sending']);
    await cairn.advance('20m');
    expect((await messages(ann)).map(({ reason }) => reason).sort()).toEqual(['expired', undefined]);
    await cairn.advance('1h');
    expect((await messages(ann)).map(({ status, reason }) => [status, reason])).toEqual([
      ['suppressed', 'expired'],
      ['suppressed', 'expired'],
    ]);
  });
});
