import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import type { Occurrence, Stage } from '../../core/campaigns/occurrence.ts';
import type { Plan } from '../../core/campaigns/plan.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import type { Channel } from '../../core/channels/registry.ts';
import type { Issue } from '../../core/definitions/definition.ts';
import type { EpochMs, ProfileKey } from '../../core/ids.ts';
import type { Cursor } from '../ports.ts';

export interface OccurrenceRef {
  campaign: string;
  id: string;
}

/** The version that a publication has armed. */
export interface Armed {
  version: number;
  /** When it was published: occurrences that were due before are not sent. */
  at: EpochMs;
}

/** How far an occurrence was handed to senders, in one stage. Only the worker of a `tick` moves it to the next. */
export interface Progress {
  /** The stage that the place is of: where another one begins, it begins with the first recipient. */
  stage: Stage;
  epoch: number;
  tick: number;
  /** Index into the occurrence's instants, its pages in their order, and the page's lines. */
  instant: number;
  page: number;
  line: number;
  /** After the last recipient: how often it was looked whether the senders have worked through what they have. */
  looks?: number | undefined;
  /** Cost of those who were handed over, in millionths. */
  spent: number;
  /** When it was last moved. */
  at: EpochMs;
}

/** Occurrences of campaigns. */
export interface OccurrenceStore {
  /** Arms a version, once: a repeat, and an older version, change nothing. Returns what is armed. */
  arm(campaign: string, version: number, now: EpochMs): Promise<Armed>;
  armed(campaign: string): Promise<Armed | undefined>;
  /** Keeps the profiles that a trigger names until its audience is frozen, once: a repeat changes nothing. */
  putNamed(of: OccurrenceRef, profiles: readonly ProfileKey[], now: EpochMs): Promise<void>;
  named(of: OccurrenceRef): Promise<ProfileKey[]>;
  /** Returns false if there is one of that id. */
  create(occurrence: Occurrence): Promise<boolean>;
  get(of: OccurrenceRef): Promise<Occurrence | undefined>;
  /** Newest first. */
  list(
    campaign: string,
    page: { limit: number; before?: string | undefined },
  ): Promise<{ items: Occurrence[]; next?: string }>;
  /** Those that have not ended, newest first. */
  active(
    campaign: string,
    page: { limit: number; before?: string | undefined },
  ): Promise<{ items: Occurrence[]; next?: string }>;
  /** Changes it from what it is now; `change` is called again if another change came first, and returns undefined to leave it. Returns what it is then. */
  change(of: OccurrenceRef, change: (now: Occurrence) => Occurrence | undefined): Promise<Occurrence | undefined>;
  progress(of: OccurrenceRef): Promise<Progress | undefined>;
  /** Begins anew under an epoch. Returns false if that epoch has begun. */
  begin(of: OccurrenceRef, progress: Progress): Promise<boolean>;
  /** Moves from tick to tick. Returns false if another worker has. */
  advance(of: OccurrenceRef, from: Pick<Progress, 'epoch' | 'tick'>, to: Progress): Promise<boolean>;
}

/** A page of an audience, and where the next one of its shard begins. */
export interface AudiencePage {
  lines: AudienceLine[];
  next?: Cursor | undefined;
}

/** The frozen audiences. */
export interface AudiencePages {
  /** Puts a page unless there is one, and returns the one that stands: if two workers make one page, both go on from the same. */
  put(of: OccurrenceRef, name: string, page: AudiencePage): Promise<AudiencePage>;
  /** Undefined: there is no such page. */
  get(of: OccurrenceRef, page: string): Promise<AudienceLine[] | undefined>;
  /** Keeps what is known only after all pages: who shares an address with whom. */
  putShared(of: OccurrenceRef, shared: Shared): Promise<void>;
  getShared(of: OccurrenceRef): Promise<Shared>;
}

/** Profiles that share an address: who is left out, and channels by which the others must not be sent. */
export interface Shared {
  duplicates: ProfileKey[];
  /** Their address on these channels is another recipient's. */
  without: Record<ProfileKey, Channel[]>;
}

/** Messages on the senders' `bulk` queues, waiting or being worked on. */
export type BulkDepth = (channels: readonly Channel[]) => Promise<number>;

/** `submit` refuses errors and shows warnings; the plan says what the campaign would do. */
export interface CheckedPlan {
  errors: Issue[];
  warnings: Issue[];
  plan: Plan;
}

/** A plan needs the code that evaluates, gates and renders: a function of its own has it. */
export type CampaignPlanner = (id: string, campaign: Campaign) => Promise<CheckedPlan>;
