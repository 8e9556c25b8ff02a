import * as z from 'zod';
import { addressReaderOf } from '../../../core/channels/address-readers.ts';
import {
  type AddressedChannel,
  AddressedChannelSchema,
  ChannelSchema,
  kindOf,
} from '../../../core/channels/registry.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import {
  type AddressRecord,
  type AddressRef,
  addressId,
  normalAddress,
} from '../../../core/profiles/address-record.ts';
import { iso } from '../../../core/time/instant.ts';
import { DomainError, invalidAt } from '../../../engine/errors.ts';
import { acrossShards, PositionSchema } from '../../../engine/profiles/audience-members.ts';
import { PageQuerySchema, page, pageOf, readCursor } from '../../../runtime/http/cursor.ts';
import { atLeast } from '../../../runtime/http/roles.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';

const AddressSchema = lazySchema(() =>
  z.object({
    channel: ChannelSchema,
    address: z.string().describe('as addresses are compared: e-mail in lower case, numbers in E.164'),
    status: z.enum(['ok', 'bad', 'suppressed']),
    at: z.string().optional(),
    reason: z.string().optional(),
  }),
);

const addressView = ({ channel, value, status, statusAt, reason }: AddressRecord): z.input<typeof AddressSchema> => ({
  channel,
  address: value,
  status: status ?? 'ok',
  ...(statusAt === undefined ? {} : { at: iso(statusAt) }),
  ...(reason === undefined ? {} : { reason }),
});

const MAX_ADDRESS = 2_048;

/** As people type it: a number is read as a customer's of the settings' country. */
async function refOf(deps: Deps, channel: AddressedChannel, text: string): Promise<AddressRef> {
  const { settings } = (await deps.catalog.snapshot()).snapshot;
  const value = addressReaderOf(channel).parse(text, settings.country);
  return { channel, value: normalAddress(channel, value) };
}

async function readRecord(deps: Deps, ref: AddressRef): Promise<AddressRecord> {
  return (await deps.profiles.addressRecords([ref])).get(addressId(ref)) ?? ref;
}

const list = route({
  method: 'GET',
  path: '/v1/addresses',
  role: 'admin',
  operationId: 'listAddresses',
  summary: 'List suppressed or bad addresses',
  description: 'Addresses that get no message: suppressed ones by default.',
  query: () => PageQuerySchema.extend({ status: z.enum(['suppressed', 'bad']).default('suppressed') }),
  response: () => pageOf(AddressSchema),
  handle: async (deps, { query, path }) => {
    const scope = `${path}?status=${query.status}`;
    const from = readCursor(scope, PositionSchema, query.cursor);
    const { items, next } = await acrossShards({ limit: query.limit, from }, async (shard, asked) => {
      const read = await deps.profiles.markedAddresses(query.status, shard, asked);
      return { items: read.records, next: read.next };
    });
    return { body: page(scope, items.map(addressView), next) };
  },
});

const add = route({
  method: 'POST',
  path: '/v1/addresses',
  role: 'admin',
  operationId: 'suppressAddress',
  summary: 'Suppress an address',
  description: 'It gets no message, whoever has it now or gets it later.',
  status: 201,
  query: () => z.object({ status: z.literal('suppressed').default('suppressed') }),
  body: () =>
    z.strictObject({
      channel: AddressedChannelSchema,
      address: z.string().trim().min(1).max(MAX_ADDRESS),
      reason: z.string().max(500).default('added by an administrator'),
    }),
  response: AddressSchema,
  handle: async (deps, { body }) => {
    const { channel, address, reason } = body;
    const ref = await refOf(deps, channel, address);
    checkForm(ref);
    await deps.profiles.markAddress(ref, 'suppressed', deps.clock(), reason);
    return { body: addressView(await readRecord(deps, ref)) };
  },
});

/** Refuses a value that cannot be an address: it is probably a typing error. */
function checkForm({ channel, value }: AddressRef): void {
  const fault = kindOf(channel).address.invalidReason?.(value);
  if (fault !== undefined) throw invalidAt('/address', fault);
}

const lift = route({
  method: 'POST',
  path: '/v1/addresses/{channel}/{address+}/lift',
  params: { channel: AddressedChannelSchema, address: z.string().trim().min(1).max(MAX_ADDRESS) },
  role: 'marketer',
  operationId: 'unmarkAddress',
  summary: 'Lift the mark of an address',
  description: 'A marketer lifts `bad`; only an admin lifts `suppressed`.',
  response: AddressSchema,
  handle: async (deps, { params, caller }) => {
    const ref = await refOf(deps, AddressedChannelSchema.parse(params.channel), params.address);
    const { status } = await readRecord(deps, ref);
    if (status === 'suppressed' && !atLeast(caller, 'admin'))
      throw new DomainError({ code: 'forbidden', detail: 'Only an admin lifts a suppressed address.' });
    if (status !== undefined) await deps.profiles.unmarkAddress(ref, status, deps.clock());
    return { body: addressView(await readRecord(deps, ref)) };
  },
});

export const addressRoutes: Route<Deps>[] = [list, add, lift];
