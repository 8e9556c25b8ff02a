import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Channel } from '../../core/channels/registry.ts';
import { compress, decompress } from '../../core/compression.ts';
import type { EpochMs, MessageId, ProfileKey } from '../../core/ids.ts';
import { type HistoryEntry, type Message, RESENT, type Receipt, type SendState } from '../../core/messages/message.ts';
import type { SendRequest } from '../../core/messages/send-request.ts';
import type { Source } from '../../core/messages/source.ts';
import type { Draft, MessageStore } from '../../engine/messages/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { idOf, indexesOf, messageLists } from './message-lists.ts';

const BATCH = 100;

/** Message rows: the conditional update of a row decides what happens to the message. */
export function messageStore(client: DynamoDBDocumentClient, table: string): MessageStore {
  const key = (id: MessageId) => ({ pk: `MSG#${id}`, sk: 'MSG' });

  async function get(id: MessageId): Promise<Message | undefined> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }));
    return Item && messageOf(Item);
  }

  /** Whether the row's last change of state (or, by `receiptOp`, its last receipt) is that of this call. */
  async function isWrittenBy(id: MessageId, operation: string, attribute = 'op'): Promise<boolean> {
    const { Item } = await client.send(new GetCommand({ TableName: table, Key: key(id), ConsistentRead: true }));
    return Item?.[attribute] === operation;
  }

  /** Writes the state of a message that has no row yet, or may be taken (again). Keeps the history. */
  async function enter(
    draft: Draft,
    state: SendState,
    entry: HistoryEntry,
    more: Record<string, unknown>,
    removed: string[],
  ): Promise<boolean> {
    const op = newOperation();
    const set: Record<string, unknown> = {
      state,
      op,
      profile: draft.profile,
      channel: draft.channel,
      template: draft.template,
      topic: draft.topic,
      sourceKind: draft.source,
      ...indexesOf(draft),
      request: compress(draft.request),
      links: draft.links,
      to: draft.to,
      ...more,
    };
    if (await create(draft, set, entry)) return true;
    return carriedOut(reenter(draft, set, isAgain(state, draft) ? [] : [entry], removed), () =>
      isWrittenBy(draft.id, op),
    );
  }

  /** Usually there is no row yet. */
  function create(draft: Draft, set: Record<string, unknown>, entry: HistoryEntry): Promise<boolean> {
    const Item = { ...key(draft.id), ...set, channel: draft.channel ?? '-', at: draft.at, history: [entry] };
    return isConditionMet(
      client.send(new PutCommand({ TableName: table, Item, ConditionExpression: 'attribute_not_exists(pk)' })),
    );
  }

  /** The same call must not do this twice: after a hold that was carried out, the row may be held again. */
  function reenter(
    draft: Draft,
    set: Record<string, unknown>,
    entries: HistoryEntry[],
    removed: string[],
  ): Promise<unknown> {
    const present = Object.entries(set).filter(([, value]) => value !== undefined);
    return client.send(
      new UpdateCommand({
        TableName: table,
        Key: key(draft.id),
        UpdateExpression: [
          `SET ${present.map(([name]) => `#${name} = :${name}`).join(', ')}`,
          ', history = list_append(history, :entries)',
          ` REMOVE ${removed.map((name) => `#${name}`).join(', ')}`,
        ].join(''),
        ConditionExpression: '#state IN (:isReleased, :isHeld) AND (attribute_not_exists(#op) OR #op <> :op)',
        ExpressionAttributeNames: Object.fromEntries(
          [...present.map(([name]) => name), ...removed].map((name) => [`#${name}`, name]),
        ),
        ExpressionAttributeValues: {
          ...Object.fromEntries(present.map(([name, value]) => [`:${name}`, value])),
          ':entries': entries,
          ':isReleased': 'released',
          ':isHeld': 'held',
        },
      }),
    );
  }

  /** Ends (or releases) a message that `owner` has taken. Returns false if it was no longer the owner's. */
  function leave(
    id: MessageId,
    owner: string,
    state: SendState,
    entries: HistoryEntry | HistoryEntry[],
    more: Record<string, unknown> = {},
  ): Promise<boolean> {
    const op = newOperation();
    const present = Object.entries({ ...more, op }).filter(([, value]) => value !== undefined);
    return carriedOut(
      client.send(
        new UpdateCommand({
          TableName: table,
          Key: key(id),
          UpdateExpression: `SET #state = :state, history = list_append(history, :entries)${present.map(([name]) => `, #${name} = :${name}`).join('')} REMOVE #owner, leaseUntil`,
          ConditionExpression: '#state = :sending AND #owner = :owner',
          ExpressionAttributeNames: {
            '#state': 'state',
            '#owner': 'owner',
            ...Object.fromEntries(present.map(([name]) => [`#${name}`, name])),
          },
          ExpressionAttributeValues: {
            ':state': state,
            ':sending': 'sending',
            ':owner': owner,
            ':entries': [entries].flat(),
            ...Object.fromEntries(present.map(([name, value]) => [`:${name}`, value])),
          },
        }),
      ),
      () => isWrittenBy(id, op),
    );
  }

  async function getAll(ids: MessageId[]): Promise<Map<MessageId, Message>> {
    const found = new Map<MessageId, Message>();
    for (let open = ids.map(key); open.length > 0; ) {
      const asked = open.slice(0, BATCH);
      const { Responses, UnprocessedKeys } = await client.send(
        new BatchGetCommand({ RequestItems: { [table]: { Keys: asked, ConsistentRead: true } } }),
      );
      for (const item of Responses?.[table] ?? []) found.set(idOf(item), messageOf(item));
      const again = (UnprocessedKeys?.[table]?.Keys ?? []) as typeof open; // they are of the form that was asked
      open = [...again, ...open.slice(asked.length)];
    }
    return found;
  }

  return {
    get,
    getAll,

    async histories(ids: MessageId[]): Promise<Record<MessageId, Message>> {
      return ids.length === 0 ? {} : Object.fromEntries(await getAll([...new Set(ids)]));
    },

    take(draft: Draft, owner: string, now: EpochMs, leaseUntil: EpochMs): Promise<boolean> {
      return enter(draft, 'sending', { status: 'sending', at: now, channel: draft.channel }, { owner, leaseUntil }, [
        'held',
        'heldAt',
        'reason',
      ]);
    },

    refuse(
      draft: Draft,
      state: 'suppressed' | 'failed',
      reason: string,
      now: EpochMs,
      detail: string = reason,
    ): Promise<boolean> {
      return enter(draft, state, { status: state, at: now, channel: draft.channel, detail }, { reason }, [
        'held',
        'heldAt',
        'owner',
        'leaseUntil',
      ]);
    },

    hold(draft: Draft, by: string, now: EpochMs): Promise<boolean> {
      return enter(
        draft,
        'held',
        { status: 'held', at: now, channel: draft.channel, detail: 'paused' },
        { reason: 'paused', held: by, heldAt: now },
        ['owner', 'leaseUntil'],
      );
    },

    sent(id: MessageId, owner: string, now: EpochMs, channel: Channel, providerId: string): Promise<boolean> {
      return leave(id, owner, 'sent', { status: 'sent', at: now, channel }, { providerId });
    },
    release(id: MessageId, owner: string, now: EpochMs, detail: string | undefined): Promise<boolean> {
      return leave(id, owner, 'released', detail === undefined ? [] : { status: 'released', at: now, detail });
    },
    unknown(id: MessageId, owner: string, now: EpochMs, detail: string): Promise<boolean> {
      return leave(id, owner, 'unknown', { status: 'unknown', at: now, detail });
    },
    giveUp(
      id: MessageId,
      owner: string,
      state: 'suppressed' | 'failed',
      reason: string,
      now: EpochMs,
    ): Promise<boolean> {
      return leave(id, owner, state, { status: state, at: now, detail: reason }, { reason });
    },

    reopen(id: MessageId, intent: string, now: EpochMs): Promise<boolean> {
      const isLost = '#state IN (:failed, :suppressed) OR (#state = :sent AND attribute_exists(bouncedAt))';
      const isUnheard = '#state = :unknown AND (attribute_exists(bouncedAt) OR attribute_not_exists(heardAt))';
      const isNew = '(attribute_not_exists(resends) OR NOT contains(resends, :intent))';
      return isConditionMet(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            UpdateExpression:
              'SET #state = :released, resends = list_append(if_not_exists(resends, :none), :intents), history = list_append(history, :entry) REMOVE reason, heardAt, bouncedAt, deliveredAt',
            ConditionExpression: `((${isLost}) OR (${isUnheard})) AND ${isNew}`,
            ExpressionAttributeNames: { '#state': 'state' },
            ExpressionAttributeValues: {
              ':released': 'released',
              ':failed': 'failed',
              ':suppressed': 'suppressed',
              ':sent': 'sent',
              ':unknown': 'unknown',
              ':none': [],
              ':intent': intent,
              ':intents': [intent],
              ':entry': [{ status: RESENT, at: now, detail: 'resent by hand' }],
            },
          }),
        ),
      );
    },

    receive(id: MessageId, receipt: Receipt, entry: Omit<HistoryEntry, 'status'>): Promise<boolean> {
      const flag = `${receipt}${entry.machine ? 'ByMachine' : ''}At`;
      const op = newOperation();
      return carriedOut(
        client.send(
          new UpdateCommand({
            TableName: table,
            Key: key(id),
            UpdateExpression: 'SET #flag = :at, heardAt = :at, receiptOp = :op, history = list_append(history, :entry)',
            ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(#flag)',
            ExpressionAttributeNames: { '#flag': flag },
            ExpressionAttributeValues: { ':at': entry.at, ':op': op, ':entry': [{ status: receipt, ...entry }] },
          }),
        ),
        () => isWrittenBy(id, op, 'receiptOp'),
      );
    },

    ...messageLists(client, table),
  };
}

/** A message that waits while its provider throttles is taken hundreds of times, and a row may have 400 KB. */
const isAgain = (state: SendState, { request }: Draft): boolean =>
  state === 'sending' && request.throttled !== undefined;

/** Converts an item as this file wrote it: the casts name types that only it writes. */
function messageOf(item: Record<string, unknown>): Message {
  const channel = item.channel === '-' ? undefined : (item.channel as Channel);
  return {
    id: idOf(item),
    profile: item.profile as ProfileKey,
    channel,
    template: item.template as Message['template'],
    topic: item.topic as string | undefined,
    source: item.sourceKind as Source,
    state: item.state as SendState,
    reason: item.reason as string | undefined,
    at: item.at as EpochMs,
    history: (item.history ?? []) as HistoryEntry[],
    owner: item.owner as string | undefined,
    leaseUntil: item.leaseUntil as EpochMs | undefined,
    providerId: item.providerId as string | undefined,
    links: item.links as string[] | undefined,
    to: item.to as string | undefined,
    request: decompress<SendRequest>(item.request),
    resends: (item.resends ?? []) as string[],
    bouncedAt: item.bouncedAt as EpochMs | undefined,
    heardAt: item.heardAt as EpochMs | undefined,
  };
}
