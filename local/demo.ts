import { readFile } from 'node:fs/promises';
import { durationMs } from '../core/time/duration.ts';
import { startCloud } from './cloud.ts';

/**
 * `npm run demo`: starts Cairn in memory on a virtual clock, loads `examples/`, runs S1 and S2 for three customers, and prints what happened when.
 */
const START = Date.parse('2026-11-02T01:00:00Z');
const realStart = performance.now();
const cloud = await startCloud({ port: 0, isVirtual: true, at: START });
const seconds = () => ((performance.now() - realStart) / 1000).toFixed(1);
console.log(
  `Cairn runs on ${cloud.url} (${seconds()} s), on a virtual clock that stands at ${shown(START)}, Shanghai.\n`,
);

type Json = Record<string, unknown>;
const example = async (kind: string, id: string) =>
  JSON.parse(await readFile(new URL(`../examples/${kind}/${id}.json`, import.meta.url), 'utf8')) as Json;

async function call(role: string, method: string, path: string, body?: Json): Promise<Json> {
  const token = await cloud.issuer.token(role, [role]);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const response = await fetch(cloud.url + path, { method, headers, body: body && JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Json;
}

async function post(call: string, body: Json): Promise<void> {
  const headers = { authorization: `Basic ${btoa('dev:')}`, 'content-type': 'application/json' };
  const response = await fetch(`${cloud.url}/v1/${call}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (response.status !== 200) throw new Error(`${call}: ${response.status} ${await response.text()}`);
  await cloud.time.settle();
}

/** Local time in Shanghai. */
function shown(at: number): string {
  return new Date(at + 8 * 3600_000).toISOString().replace('T', ' ').slice(0, 16);
}

function print(what: string, at = cloud.clock.now()): void {
  console.log(`${shown(at)}  ${what}`);
}
interface Line {
  at: number;
  what: string;
}
interface Task {
  at: string;
  queue: string;
  title: string;
}
let [sent, asked] = [0, 0];
/** Prints, in order, the messages and tasks since the last call. */
async function tellNews(): Promise<void> {
  const messages = cloud.outbox.items.slice(sent).map((item): Line => {
    const said = [item.title, item.subject, item.body ?? item.text].filter((part) => part !== undefined).join(' · ');
    return { at: Date.parse(item.at), what: `${item.channel.padEnd(5)} to ${String(item.to).padEnd(15)} ${said}` };
  });
  const { items } = (await call('marketer', 'GET', '/v1/tasks')) as { items: Task[] };
  const tasks = items
    .slice(0, items.length - asked)
    .map(({ at, queue, title }): Line => ({ at: Date.parse(at), what: `task  for ${queue}: ${title}` }));
  [sent, asked] = [cloud.outbox.items.length, items.length];
  for (const { at, what } of [...messages, ...tasks].sort((a, b) => a.at - b.at)) print(`   → ${what}`, at);
}
async function wait(by: string): Promise<void> {
  await cloud.time.advance(() => cloud.clock.now() + durationMs(by));
  await tellNews();
}
async function does(userId: string, event: string, properties: Json = {}): Promise<void> {
  const details = Object.keys(properties).length > 0 ? ` ${JSON.stringify(properties)}` : '';
  print(`${userId.padEnd(4)} ${event}${details}`);
  await post('track', { userId, event, properties });
  await tellNews();
}

for (const tag of ['sleeping']) await call('marketer', 'PUT', `/v1/tags/${tag}`, await example('tags', tag));
for (const [pool, prefix] of [
  ['welcome-50', 'NEW50'],
  ['cart-30', 'CART30'],
]) {
  await call('marketer', 'PUT', `/v1/coupon-pools/${pool}`, await example('coupon-pools', pool ?? ''));
  await call('marketer', 'POST', `/v1/coupon-pools/${pool}/codes`, {
    codes: ['A1', 'B2', 'C3'].map((end) => `${prefix}-${end}`),
  });
}
for (const template of ['welcome-coupon', 'tutorial', 'cart-reminder', 'cart-last-call']) {
  await call('marketer', 'PUT', `/v1/templates/${template}`, await example('templates', template));
}
for (const journey of ['new-customer', 'cart-abandoned']) {
  await call('marketer', 'PUT', `/v1/journeys/${journey}`, await example('journeys', journey));
  await call('marketer', 'POST', `/v1/journeys/${journey}/submit`);
  await call('approver', 'POST', `/v1/journeys/${journey}/approve`, {});
  await call('marketer', 'POST', `/v1/journeys/${journey}/publish`);
  console.log(`published: ${journey}`);
}
console.log();

const people: [string, string, Json | undefined][] = [
  ['lin', '13800138001', { type: 'ios', token: 'lin-phone' }],
  ['wang', '13800138002', undefined],
  ['zhao', '13800138003', { type: 'android', token: 'zhao-phone' }],
];
for (const [userId, phone, device] of people) {
  const context = {
    consent: { categoryPreferences: { push: true, sms: true } },
    ...(device === undefined ? {} : { device }),
  };
  await post('identify', { userId, traits: { name: userId, phone }, context });
}
await does('lin', 'Signed Up');
await does('wang', 'Signed Up');
await wait('2h');
await does('wang', 'Coupon Redeemed', { code: 'NEW50-B2' });
await does('zhao', 'Product Added', { cart_id: 'z-1', product: 'kettle' });
await does('zhao', 'Product Added', { cart_id: 'z-2', product: 'teapot' });
await wait('23h');
await does('zhao', 'Order Completed', { cart_id: 'z-2', total: 168 });
await wait('72h');

console.log(
  `\n${cloud.engine.transitions()} state transitions, ${cloud.outbox.items.length} messages, four days in ${seconds()} s.`,
);
await cloud.stop();
process.exit(0);
