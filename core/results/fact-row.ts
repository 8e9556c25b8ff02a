import type { EpochMs } from '../ids.ts';
import type { MetricEvent, MetricEventsMessage } from '../metrics/metric-event.ts';
import { utcDay } from '../time/utc-day.ts';

type ColumnType = 'text' | 'texts' | 'instant' | 'integer' | 'flag';
interface Column<Type extends ColumnType = ColumnType> {
  type: Type;
  /** As the table of the data catalog says it. */
  comment: string;
  isRequired?: true;
}

/** Columns of the data lake in their order: of its files, of the Glue table, of what SQL reads. A new one is added at the end, and older files lack it. */
export const FACT_COLUMNS = {
  id: { type: 'text', comment: 'identity of the fact: of two rows with one id, one counts', isRequired: true },
  at: { type: 'instant', comment: 'when it happened', isRequired: true },
  sent_at: { type: 'instant', comment: 'when its message was sent: the day on which reports count it' },
  of: { type: 'text', comment: 'message, run, node, profile, order or event', isRequired: true },
  metric: { type: 'text', comment: 'sent, opened, converted, order …', isRequired: true },
  detail: { type: 'text', comment: 'which of them: a reason, an outcome, a way' },
  machine: { type: 'flag', comment: 'made by a machine: a mail proxy, a link scanner', isRequired: true },
  profile: { type: 'text', comment: 'key of the profile, as it was known then' },
  message: { type: 'text', comment: 'id of the message' },
  run: { type: 'text', comment: 'id of the run’s entry' },
  channel: { type: 'text', comment: 'channel of the message' },
  template: { type: 'text', comment: 'template of the message' },
  journey: { type: 'text', comment: 'journey of the run or message' },
  campaign: { type: 'text', comment: 'campaign of the message' },
  occurrence: { type: 'text', comment: 'occurrence of the campaign' },
  variant: { type: 'text', comment: 'variant of the campaign' },
  node: { type: 'text', comment: 'node of the journey' },
  version: { type: 'integer', comment: 'version of the journey or campaign' },
  local_hour: { type: 'integer', comment: 'hour of the week in the recipient’s timezone, 0 = Monday from midnight' },
  cost: { type: 'integer', comment: 'millionths of the major unit of the settings’ currency' },
  amount: { type: 'integer', comment: 'minor units of the currency beside; of refunds negative' },
  currency: { type: 'text', comment: 'currency of the amount' },
  order_key: { type: 'text', comment: 'key of the order' },
  tags: { type: 'texts', comment: 'the recipient’s tags when it was sent or refused' },
  segments: { type: 'texts', comment: 'the recipient’s segments when it was sent or refused' },
  traits: { type: 'text', comment: 'JSON of the recipient’s traits that reports name, when it was sent or refused' },
  event: { type: 'text', comment: 'name of the customer’s event that says it' },
  property: { type: 'text', comment: 'property of that event, or computed trait, whose value `detail` is' },
  standing: { type: 'text', comment: 'what a message that left counted as: deferred, suppressed, unknown …' },
} as const satisfies Record<string, Column>;
export type FactColumn = keyof typeof FACT_COLUMNS;

/** In the order of the files. */
export const FACT_COLUMN_NAMES = Object.keys(FACT_COLUMNS) as FactColumn[]; // the table's own keys

interface ValueOf {
  text: string;
  texts: string[];
  instant: EpochMs;
  integer: number;
  flag: boolean;
}
/** One row of the data lake: a fact. */
export type FactRow = {
  [Name in FactColumn]:
    | ValueOf[(typeof FACT_COLUMNS)[Name]['type']]
    | ((typeof FACT_COLUMNS)[Name] extends { isRequired: true } ? never : null);
};

/** The facts of a queued message. Wherever and however often they are made, they are the same. */
export const factRowsOf = ({ id, metricEvents }: MetricEventsMessage): FactRow[] =>
  metricEvents.map((event, index) => factRowOf(event, `${id}#${index}`));

function factRowOf(event: MetricEvent, place: string): FactRow {
  const { dimensions, audience } = event;
  return {
    id: event.id ?? event.once ?? place,
    at: event.at,
    sent_at: event.sentAt ?? null,
    of: event.of,
    metric: event.metric,
    detail: event.detail ?? null,
    machine: event.machine ?? false,
    profile: event.profile ?? null,
    message: event.message ?? null,
    run: event.run ?? null,
    channel: dimensions.channel ?? null,
    template: dimensions.template ?? null,
    journey: dimensions.journey ?? null,
    campaign: dimensions.campaign ?? null,
    occurrence: dimensions.occurrence ?? null,
    variant: dimensions.variant ?? null,
    node: dimensions.node ?? null,
    version: dimensions.version ?? null,
    local_hour: event.localHour ?? null,
    cost: event.cost ?? null,
    amount: event.amount ?? null,
    currency: event.currency ?? null,
    order_key: event.order ?? null,
    tags: audience?.tags ?? null,
    segments: audience?.segments ?? null,
    traits: audience === undefined ? null : JSON.stringify(audience.traits),
    event: event.event ?? null,
    property: event.property ?? null,
    standing: event.standing ?? null,
  };
}

/** The partition in which a fact lies: the day (UTC) on which it happened. */
export const factDayOf = ({ at }: Pick<FactRow, 'at'>): string => utcDay(at);
