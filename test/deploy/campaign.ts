import type { OutboxItem } from '../../local/providers/outbox.ts';
import type { Stage } from './histories.ts';

type Json = Record<string, unknown>;

const RECIPIENTS = 1_000;
/** Others of the audience: with the number of a recipient, and excluded. */
const DUPLICATES = 7;
const EXCLUDED = 5;
const PER_REQUEST = 50;
const WITHIN_MS = 600_000;

interface OccurrenceView {
  status: string;
  audience: Record<string, number>;
  messages: Json & { sent: number };
}

const NUMBERS = '+861391';
const phoneOf = (index: number): string => `${NUMBERS}${String(index).padStart(7, '0')}`;

/** The older profile keeps an address, so recipients are heard of first. */
function people(): Json[] {
  const now = Date.now();
  const one = (userId: string, phone: string, seconds: number, more: Json = {}): Json => ({
    type: 'identify',
    userId,
    timestamp: new Date(now - seconds * 1_000).toISOString(),
    traits: { city: 'Hangzhou', phone, ...more },
    context: { consent: { categoryPreferences: { sms: true } } },
  });
  const each = (count: number, make: (index: number) => Json) =>
    Array.from({ length: count }, (_, index) => make(index));
  return [
    ...each(RECIPIENTS, (index) => one(`recipient-${index}`, phoneOf(index), 100)),
    ...each(DUPLICATES, (index) => one(`duplicate-${index}`, phoneOf(index), 10)),
    ...each(EXCLUDED, (index) => one(`excluded-${index}`, phoneOf(RECIPIENTS + index), 100, { tier: 'gold' })),
  ];
}

async function define(stage: Stage): Promise<void> {
  await stage.call('marketer', 'PUT', '/v1/segments/hangzhou', {
    name: 'Hangzhou',
    if: { trait: 'city', eq: 'Hangzhou' },
  });
  await stage.call('marketer', 'PUT', '/v1/templates/autumn', {
    class: 'marketing',
    content: { sms: { text: 'New for autumn' } },
  });
  await stage.call('marketer', 'PUT', '/v1/campaigns/autumn', {
    name: 'Autumn',
    audience: { segment: 'hangzhou' },
    exclude: { trait: 'tier', eq: 'gold' },
    template: 'autumn',
    channels: ['sms'],
    at: 'now',
  });
  await stage.settleRules();
}

const sumOf = (counts: Json): number =>
  Object.values(counts).reduce<number>(
    (sum, one) => sum + (typeof one === 'object' && one !== null ? sumOf(one as Json) : Number(one)),
    0,
  );

/** @throws Error if the groups, or what became of the recipients, do not add up */
function addUp({ audience, messages }: OccurrenceView): void {
  const { matched = 0, recipients = 0, ...others } = audience;
  if (matched !== sumOf(others) + recipients || recipients !== sumOf(messages))
    throw new Error(`does not add up: ${JSON.stringify({ audience, messages })}`);
}

/** Submitting plans 1,000 people: on a busy machine the emulator's time-out may end it before it has written anything. */
async function isSubmitted(stage: Stage): Promise<boolean> {
  await stage.call('marketer', 'POST', '/v1/campaigns/autumn/submit').catch((error: unknown) => {
    if (!(error instanceof Error && /: (502|409) /.test(error.message))) throw error;
  });
  const { status } = await stage.call('marketer', 'GET', '/v1/campaigns/autumn');
  return status === 'submitted';
}

/** Counted by the index. */
async function areKnown(stage: Stage): Promise<boolean> {
  const { count } = await stage.call('marketer', 'POST', '/v1/segments/hangzhou/preview');
  return Number(count) >= RECIPIENTS + DUPLICATES + EXCLUDED;
}

const isOfCampaign = ({ to }: OutboxItem): boolean => String(to).startsWith(NUMBERS);

/** A campaign to 1,000 customers, looked at until it is done: its figures always add up, and the provider is handed one message for each of them. */
export async function sendCampaign(stage: Stage, outbox: { items: readonly OutboxItem[] }): Promise<void> {
  await define(stage);
  const all = people();
  for (let from = 0; from < all.length; from += PER_REQUEST) await stage.post(all.slice(from, from + PER_REQUEST));
  await stage.until('everybody to be known', () => areKnown(stage), WITHIN_MS);
  await stage.until('the campaign to be submitted', () => isSubmitted(stage), WITHIN_MS);
  await stage.call('approver', 'POST', '/v1/campaigns/autumn/approve', {});
  await stage.call('marketer', 'POST', '/v1/campaigns/autumn/publish');

  let view: OccurrenceView | undefined;
  const isDone = async () => {
    const { items } = await stage.call('marketer', 'GET', '/v1/campaigns/autumn/occurrences');
    view = (items as OccurrenceView[])[0];
    if (view !== undefined) addUp(view);
    return view?.status === 'done' && view.messages.sent === RECIPIENTS;
  };
  await stage.until('the campaign to be done', isDone, WITHIN_MS);
  const counts = {
    matched: all.length,
    duplicates: DUPLICATES,
    excluded: EXCLUDED,
    holdout: 0,
    recipients: RECIPIENTS,
  };
  if (Object.entries(counts).some(([name, count]) => view?.audience[name] !== count))
    throw new Error(`audience: ${JSON.stringify(view?.audience)}`);
  await stage.rest();
  const handed = outbox.items.filter(isOfCampaign);
  const ids = new Set(handed.map(({ messageId }) => messageId));
  const phones = new Set(handed.map(({ to }) => String(to)));
  if (handed.length !== RECIPIENTS || ids.size !== RECIPIENTS || phones.size !== RECIPIENTS)
    throw new Error(`${handed.length} handed over, of ${ids.size} messages, to ${phones.size} numbers`);
}
