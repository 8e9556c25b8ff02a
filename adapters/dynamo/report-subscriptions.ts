import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type EpochMs, hashId } from '../../core/ids.ts';
import { MAX_SUBSCRIPTIONS, SubscriptionSchema } from '../../core/results/mail/subscription.ts';
import type { KeptSubscription, ReportMails, ReportSubscriptions } from '../../engine/results/ports.ts';
import { carriedOut, isConditionMet, newOperation } from './conditional-write.ts';
import { expression, NOT_THERE } from './expressions.ts';
import type { Item, Key } from './item.ts';
import { tableOf } from './table.ts';

const PARTITION = 'report-subscriptions';
const keyOf = (id: string): Key => ({ pk: PARTITION, sk: id });

/** In Catalog, `report-subscriptions` / `<id>`. */
export function reportSubscriptions(client: DynamoDBDocumentClient, table: string): ReportSubscriptions {
  const rows = tableOf(client, table);
  return {
    async all() {
      const found: KeptSubscription[] = [];
      let after: Item | undefined;
      do {
        const { items, next } = await rows.query(expression`#pk = ${PARTITION}`, { after, consistent: true });
        found.push(...items.map(subscriptionOf));
        after = next;
      } while (after !== undefined && found.length < 2 * MAX_SUBSCRIPTIONS);
      return found;
    },

    async get(id) {
      const item = await rows.get(keyOf(id));
      return item && subscriptionOf(item);
    },

    async put({ id, by, at, ...body }) {
      // Also of a call that the SDK repeats, since its answer was lost.
      const op = newOperation();
      const first = {
        createdAt: expression`if_not_exists(#createdAt, ${at})`,
        op: expression`if_not_exists(#op, ${op})`,
      };
      const now = await rows.update(keyOf(id), { set: { body, by, at, ...first } }, 'ALL_NEW');
      return { created: now?.op === op };
    },

    async remove(id) {
      const isThere = (await rows.get(keyOf(id))) !== undefined;
      if (isThere) await rows.delete(keyOf(id));
      return isThere;
    },

    async mailed(id, due) {
      const isOlder = expression`attribute_exists(#pk) AND (attribute_not_exists(#mailedFor) OR #mailedFor < ${due})`;
      await isConditionMet(rows.update(keyOf(id), { set: { mailedFor: due }, when: isOlder }));
    },
  };
}

function subscriptionOf({ sk, body, createdAt, by, at, mailedFor }: Item): KeptSubscription {
  return {
    ...SubscriptionSchema.parse(body),
    id: String(sk),
    createdAt: Number(createdAt),
    by: String(by),
    at: Number(at),
    ...(mailedFor === undefined ? {} : { mailedFor: Number(mailedFor) }),
  };
}

/** How long it is known that an address was sent a mail: far longer than the mail is sent late. */
const KEPT_SECONDS = 7 * 24 * 3600;

/** In Catalog, `report-mail#<mail>` / a hash of the address. */
export function reportMails(client: DynamoDBDocumentClient, table: string): ReportMails {
  const rows = tableOf(client, table);
  const mailKey = (mail: string, address: string): Key => ({
    pk: `report-mail#${mail}`,
    sk: hashId('report-mail', address),
  });
  return {
    take(mail: string, address: string, now: EpochMs) {
      const op = newOperation();
      const key = mailKey(mail, address);
      return carriedOut(
        rows.put({ ...key, op, at: now, ttl: Math.floor(now / 1000) + KEPT_SECONDS }, NOT_THERE),
        async () => (await rows.get(key))?.op === op,
      );
    },
    async release(mail: string, address: string) {
      await rows.delete(mailKey(mail, address));
    },
  };
}
