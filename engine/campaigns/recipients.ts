import { type AudienceGroup, groupOf } from '../../core/campaigns/audience-groups.ts';
import type { AudienceLine } from '../../core/campaigns/audience-line.ts';
import { dueInstants } from '../../core/campaigns/due-instants.ts';
import type { Occurrence } from '../../core/campaigns/occurrence.ts';
import type { Campaign } from '../../core/campaigns/schema.ts';
import { type EpochMs, type MessageId, messageIdOfRecipient, type ProfileKey } from '../../core/ids.ts';
import { mapWithConcurrency } from '../../core/map-with-concurrency.ts';
import { type Message, statusOf } from '../../core/messages/message.ts';
import { isOfOccurrence } from '../../core/messages/source.ts';
import type { Profile } from '../../core/profiles/profile.ts';
import type { CatalogStore } from '../definitions/ports.ts';
import type { MessageStore } from '../messages/ports.ts';
import type { ProfileStore } from '../profiles/ports.ts';
import { definitionOf } from './begin-occurrence.ts';
import { pageNamesOf } from './collect-audience.ts';
import type { AudiencePages } from './ports.ts';
import { isOfFirstStage } from './recipient-request.ts';

export interface RecipientDeps {
  pages: Pick<AudiencePages, 'get' | 'getShared'>;
  messages: Pick<MessageStore, 'getAll'>;
  profiles: Pick<ProfileStore, 'home'>;
  catalog: Pick<CatalogStore, 'version'>;
}

/** Status of people who get nothing, because they are in the control group, excluded, or duplicates. */
export const LEFT_OUT = 'none';
/** Status of people who were not handed to a sender yet. */
export const WAITING = 'waiting';

/** A person of a frozen audience, and what has become of the message. */
export interface Recipient {
  profile: Profile;
  group: AudienceGroup;
  variant?: string | undefined;
  /** Absent: no sender has it yet, or it gets none. */
  message?: MessageId | undefined;
  status: string;
  reason?: string | undefined;
  /** When the message came to that status; without a message, when it is due, or when the audience was frozen. */
  at: EpochMs;
}

export interface RecipientFilter {
  group?: AudienceGroup | undefined;
  status?: string | undefined;
  variant?: string | undefined;
}

/** Page of the frozen audience, of all its pages, and line of it. */
export interface RecipientPosition {
  page: number;
  line: number;
}

const CONCURRENCY = 16;

interface Found {
  line: AudienceLine;
  group: AudienceGroup;
  message: MessageId | undefined;
}

/** Reads the people of an occurrence in the order of its pages, at most one page at a time. An audience that is not frozen has none yet. */
export async function recipientsOf(deps: RecipientDeps, occurrence: Occurrence, filter: RecipientFilter) {
  const campaign = await definitionOf(deps, occurrence.campaign, occurrence.version);
  const duplicates = new Set((await deps.pages.getShared(occurrence)).duplicates);
  const names = pageNamesOf(occurrence);
  const linesOf = lastRead((page: number) => deps.pages.get(occurrence, names[page] ?? ''));

  return async (
    limit: number,
    from: RecipientPosition = { page: 0, line: 0 },
  ): Promise<{ items: Recipient[]; next?: RecipientPosition }> => {
    if (from.page >= names.length) return { items: [] };
    const lines = (await linesOf(from.page)) ?? [];
    const { found, line } = taken(lines, from.line, limit, (one) => {
      const group = groupOf(one, duplicates);
      if (filter.group !== undefined && filter.group !== group) return undefined;
      return { line: one, group, message: group === 'recipient' ? idOf(occurrence, one.p) : undefined };
    });
    const rows = await deps.messages.getAll(found.flatMap(({ message }) => message ?? []));
    const shown = found
      .map((one) => shownOf({ occurrence, campaign }, one, rows.get(one.message ?? '')))
      .filter(({ status }) => filter.status === undefined || status === filter.status)
      .filter(({ variant }) => filter.variant === undefined || variant === filter.variant);
    const items = await mapWithConcurrency(CONCURRENCY, shown, async ({ key, ...one }) => {
      const { profile } = await deps.profiles.home(key);
      // Who was erased is not listed any more.
      return profile === undefined ? [] : [{ profile, ...one }];
    });
    const next = line < lines.length ? { page: from.page, line } : { page: from.page + 1, line: 0 };
    return { items: items.flat(), ...(next.page < names.length ? { next } : {}) };
  };
}

const idOf = ({ campaign, id, at }: Occurrence, profile: ProfileKey): MessageId =>
  messageIdOfRecipient({ campaign, occurrence: id, at }, profile);

/** Keeps what was read last: one page of an audience serves several pages of a list. */
function lastRead<Value>(read: (page: number) => Promise<Value>): (page: number) => Promise<Value> {
  let last: { page: number; value: Promise<Value> } | undefined;
  return (page) => {
    last = last?.page === page ? last : { page, value: read(page) };
    return last.value;
  };
}

/** Takes at most `limit` lines that are asked for, from `first` on. `line`: the one after the last that was looked at. */
function taken(
  lines: readonly AudienceLine[],
  first: number,
  limit: number,
  asked: (line: AudienceLine) => Found | undefined,
): { found: Found[]; line: number } {
  const found: Found[] = [];
  let line = first;
  for (; line < lines.length && found.length < limit; line += 1) {
    const one = lines[line];
    const fitting = one && asked(one);
    if (fitting !== undefined) found.push(fitting);
  }
  return { found, line };
}

function shownOf(
  sending: { occurrence: Occurrence; campaign: Campaign },
  { line, group }: Found,
  row: Message | undefined,
): Omit<Recipient, 'profile'> & { key: ProfileKey } {
  const { occurrence } = sending;
  const variant = variantOf(sending, line, row);
  const one = { key: line.p, group, ...(variant === undefined ? {} : { variant }) };
  const frozenAt = occurrence.startedAt ?? occurrence.at;
  if (group !== 'recipient') return { ...one, status: LEFT_OUT, at: frozenAt };
  if (row !== undefined) {
    const { id, reason } = row;
    const at = row.history.at(-1)?.at ?? row.at;
    return { ...one, message: id, status: statusOf(row), ...(reason === undefined ? {} : { reason }), at };
  }
  if (occurrence.status === 'cancelled')
    return { ...one, status: 'suppressed', reason: 'cancelled', at: occurrence.endedAt ?? frozenAt };
  const instant = line.at ?? occurrence.at;
  return {
    ...one,
    status: WAITING,
    at: dueInstants(occurrence).find((turn) => turn.instant === instant)?.due ?? instant,
  };
}

/** That of its message; before, the one that was drawn, or the winner for whoever is not in the sample. */
function variantOf(
  { occurrence, campaign }: { occurrence: Occurrence; campaign: Campaign },
  line: AudienceLine,
  row: Message | undefined,
): string | undefined {
  if (row !== undefined && isOfOccurrence(row.source)) return row.source.variant;
  const isRest = campaign.winner !== undefined && !isOfFirstStage({ occurrence, campaign }, line);
  return isRest ? occurrence.winner?.name : campaign.variants?.[line.v ?? -1]?.name;
}
