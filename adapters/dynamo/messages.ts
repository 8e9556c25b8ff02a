import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, type MessageId, shortHash } from '../../core/ids.ts';
import { type HistoryEntry, type Message, RESENT, type Receipt } from '../../core/messages/message.ts';
import { type Heard, heardOf, type Move } from '../../core/messages/standing.ts';
import type { MessageStore } from '../../engine/messages/ports.ts';
import { newOperation, writtenItem } from './conditional-write.ts';
import { attribute, expression } from './expressions.ts';
import { idOf, messageKey, messageOf, moveOf, rowBy, WAS_ENDED } from './message-items.ts';
import { messageLists } from './message-lists.ts';
import { messageEntries, messageExits } from './message-states.ts';
import { noteIfLate } from './recorded-messages.ts';
import { type Table, tableOf } from './table.ts';

/** Message rows: the conditional update of a row decides what happens to the message. */
export function messageStore(client: DynamoDBDocumentClient, table: string): MessageStore {
  const messages = tableOf(client, table);
  return {
    ...messageReads(messages),
    ...messageEntries(messages),
    ...messageExits(messages),
    ...messageReports(messages),
    ...messageLists(client, table),
  };
}

const messageReads = (messages: Table): Pick<MessageStore, 'get' | 'getAll' | 'histories'> => ({
  async get(id: MessageId): Promise<Message | undefined> {
    const item = await messages.get(messageKey(id));
    return item && messageOf(item);
  },

  getAll: (ids: MessageId[]) => getAll(messages, ids),

  histories: async (ids: MessageId[]): Promise<Record<MessageId, Message>> =>
    ids.length === 0 ? {} : Object.fromEntries(await getAll(messages, [...new Set(ids)])),
});

async function getAll(messages: Table, ids: MessageId[]): Promise<Map<MessageId, Message>> {
  const items = await messages.getAll(ids.map(messageKey));
  return new Map(items.map((item) => [idOf(item), messageOf(item)]));
}

/** Writes after a message was sent: receipts, and resending by a person. */
const messageReports = (messages: Table): Pick<MessageStore, 'reopen' | 'receive'> => ({
  async reopen(id: MessageId, intent: string, now: EpochMs): Promise<Move | false> {
    await noteIfLate(messages, id, now);
    const op = newOperation();
    const hasBounced = expression`attribute_exists(#bouncedAt)`;
    const isLost = expression`#state IN (${'failed'}, ${'suppressed'}) OR (#state = ${'sent'} AND ${hasBounced})`;
    const isUnheard = expression`#state = ${'unknown'} AND (${hasBounced} OR attribute_not_exists(#heardAt))`;
    const isNew = expression`(attribute_not_exists(#resends) OR NOT contains(#resends, ${intent}))`;
    const reopened = messages.update(
      messageKey(id),
      {
        set: {
          ...WAS_ENDED,
          state: 'released',
          op,
          resends: expression`list_append(if_not_exists(#resends, ${[]}), ${[intent]})`,
          history: expression`list_append(#history, ${[{ status: RESENT, at: now, detail: 'resent by hand' }]})`,
        },
        remove: ['reason', 'heardAt', 'bouncedAt', 'deliveredAt'],
        when: expression`((${isLost}) OR (${isUnheard})) AND ${isNew}`,
      },
      'ALL_NEW',
    );
    const row = await writtenItem(reopened, () => rowBy(messages, id, op));
    return row !== undefined && moveOf(row);
  },

  async receive(id: MessageId, receipt: Receipt, entry: Omit<HistoryEntry, 'status'>): Promise<Heard | false> {
    await noteIfLate(messages, id, entry.recordedAt ?? entry.at);
    // Each kind of receipt keeps its own call's name: another one may come before the SDK repeats this one.
    const flag = `${receipt}${entry.machine ? 'ByMachine' : ''}`;
    const [heard, by, op] = [`${flag}At`, `${flag}Op`, shortHash(newOperation())];
    const isNew = expression`attribute_exists(#pk) AND attribute_not_exists(${attribute(heard)})`;
    const change = {
      set: {
        [heard]: entry.at,
        heardAt: entry.at,
        [by]: op,
        history: expression`list_append(#history, ${[{ status: receipt, ...entry }]})`,
      },
      // A message that was sent again meanwhile may be heard of anew, but not by the same call.
      when: expression`${isNew} AND (attribute_not_exists(${attribute(by)}) OR ${attribute(by)} <> ${op})`,
    };
    const row = await writtenItem(messages.update(messageKey(id), change, 'ALL_NEW'), async () => {
      const there = await messages.get(messageKey(id));
      return there?.[by] === op ? there : undefined;
    });
    return row !== undefined && heardOf(messageOf(row).history, { status: receipt, ...entry });
  },
});
