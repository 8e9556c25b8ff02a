import type { Kind } from '../../core/definitions/definition.ts';

/** Kinds of definitions, each with the partitions that hold them. */
const DEFINITION_KINDS = {
  tags: 'tags#*',
  segments: 'segments#*',
  templates: 'templates#*',
  journeys: 'journeys#*',
  'coupon-pools': 'coupon-pools#*',
  'computed-traits': 'computed-traits#*',
  lists: 'lists#*',
  settings: 'settings#*',
} satisfies Record<Kind, string>;

/** Partition keys of Catalog by what lies there: functions are allowed those that they need, and no others. */
export const CATALOG = {
  /** What the rules' pointer names. */
  rules: ['pointer', 'snapshot'],
  /** With their versions, submissions and approvals. */
  definitions: Object.values(DEFINITION_KINDS),
  coupons: ['coupons#*'],
  tasks: ['task', 'task#*'],
  /** Of journeys: how many may begin a minute, and who has passed. */
  throttles: ['throttle#*'],
  jobs: ['jobs', 'job#*'],
  eventNames: ['event-names'],
  audit: ['audit#*'],
  idempotency: ['idempotency#*'],
  /** Of one key, by its hash. */
  writeKey: ['write-key#*'],
  writeKeys: ['write-keys'],
  /** Which there are, and the values apart: only the function `webhook` reads these. */
  secretIds: ['secrets'],
  secretValues: ['secret#*'],
} as const;
