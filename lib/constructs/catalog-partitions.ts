import type { Kind } from '../../core/definitions/definition.ts';

/** Kinds of definitions, each with its partitions. */
const DEFINITION_KINDS = {
  tags: 'tags#*',
  segments: 'segments#*',
  templates: 'templates#*',
  journeys: 'journeys#*',
  campaigns: 'campaigns#*',
  'coupon-pools': 'coupon-pools#*',
  'computed-traits': 'computed-traits#*',
  lists: 'lists#*',
  calendars: 'calendars#*',
  content: 'content#*',
  goals: 'goals#*',
  settings: 'settings#*',
} satisfies Record<Kind, string>;

/** Journeys alone, with their versions; campaigns alone. */
export const JOURNEYS_PARTITIONS = [DEFINITION_KINDS.journeys];
export const CAMPAIGNS_PARTITIONS = [DEFINITION_KINDS.campaigns];

/** Partition keys of Catalog by content: each function is allowed only those that it needs. */
export const CATALOG = {
  /** The rules' pointer and the snapshots that it names. */
  rules: ['pointer', 'snapshot'],
  pointer: ['pointer'],
  /** Definitions with their versions, submissions and approvals. */
  definitions: Object.values(DEFINITION_KINDS),
  /** Definitions that can be paused. */
  lifecycles: [DEFINITION_KINDS.journeys, DEFINITION_KINDS.campaigns],
  coupons: ['coupons#*'],
  tasks: ['task'],
  /** Journeys' counters: how many runs may start per minute, and which have passed. */
  throttles: ['throttle#*'],
  /** Who is in the pilots of journeys' versions. */
  pilots: ['pilot#*'],
  /** Providers that fail: in the rules' pointer, and what was counted. */
  breakers: ['pointer', 'breaker#*'],
  /** Tokens that each provider's `settings.rates` has given out. */
  rates: ['rate#*'],
  jobs: ['jobs', 'job#*'],
  /** Occurrences of campaigns, how far each has come, and what is armed. */
  occurrences: ['occurrences#*'],
  /** Instants at which `dispatch-due` sends a message. */
  wakes: ['wake'],
  /** Who gets report mails, and which of them were handed over. */
  reportSubscriptions: ['report-subscriptions'],
  reportMails: ['report-mail#*'],
  /** Outside spend. */
  costs: ['costs#*'],
  eventNames: ['event-names'],
  audit: ['audit#*'],
  /** Checks of guardrails that are due. */
  guardrails: ['guardrails'],
  alerts: ['alerts', 'alerts-unpublished', 'alert#*'],
  idempotency: ['idempotency#*'],
  /** One key, by its hash. */
  writeKey: ['write-key#*'],
  writeKeys: ['write-keys'],
  /** The list of secrets, and separately their values, which only the functions `webhook` and `send-webhook` read. */
  secretIds: ['secrets'],
  secretValues: ['secret#*'],
} as const;
