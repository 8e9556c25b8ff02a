import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CHANNELS, type Channel, reachableChannels } from '../../../core/channels/registry.ts';
import { topicIds } from '../../../core/definitions/settings.ts';
import { isFetchedAhead, isFollowedByMachine } from '../../../core/links/machines.ts';
import { readLinkToken, readUnsubscribeToken } from '../../../core/links/token.ts';
import { webAddress } from '../../../core/links/web-address.ts';
import type { Message } from '../../../core/messages/message.ts';
import { addressHash, addressId, answeringAddresses, boundConsents } from '../../../core/profiles/address-record.ts';
import { foldConsents, type KeyedConsent } from '../../../core/profiles/consent.ts';
import type { Consents } from '../../../core/profiles/profile.ts';
import { type ReceiptDeps, recordReceipt } from '../../../engine/messages/record-receipt.ts';
import type { CurrentProfile } from '../../../engine/profiles/ports.ts';
import type { HttpEvent } from '../../../runtime/handlers/http-handler.ts';
import { gonePage, savedPage, stoppedPage } from './answer-page.ts';
import { FORM_VERSION, preferencePage, readPreferences } from './preference-form.ts';

export interface LinkDeps extends ReceiptDeps {
  secret: () => Promise<string>;
}

/**
 * `GET /c/{token}` counts the click and redirects; `HEAD` only redirects; a prefetch by a browser is refused. `GET /u/{token}` shows the page, `POST
 * /u/{token}` acts.
 */
export async function follow(deps: LinkDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const { method } = event.requestContext.http;
  // One slash after the token is ignored; anything longer is no link of ours.
  const token = (event.pathParameters?.proxy ?? '') === '' ? (event.pathParameters?.token ?? '') : '';
  const secret = await deps.secret();
  if (event.rawPath.startsWith('/c/')) return headOf(method, await click(deps, secret, token, event));
  const id = readUnsubscribeToken(secret, token);
  const message = id === undefined ? undefined : await deps.messages.get(id);
  if (message === undefined) return headOf(method, gonePage());
  return method === 'POST' ? act(deps, message, formOf(event)) : headOf(method, await show(deps, message));
}

/** HEAD is answered without a body. */
const headOf = (method: string, answer: APIGatewayProxyStructuredResultV2): APIGatewayProxyStructuredResultV2 =>
  method === 'HEAD' ? { ...answer, body: '' } : answer;

async function click(
  deps: LinkDeps,
  secret: string,
  token: string,
  { headers, requestContext }: HttpEvent,
): Promise<APIGatewayProxyStructuredResultV2> {
  const read = readLinkToken(secret, token);
  const message = read && (await deps.messages.get(read.message));
  const link = read && webAddress(message?.links?.[read.link] ?? '');
  if (message === undefined || link === undefined) return gonePage();
  // The browser would show a prefetched answer to the customer who clicks, and the click would never arrive here.
  if (isFetchedAhead(headers)) return { statusCode: 503, headers: { 'cache-control': 'no-store' }, body: '' };
  // HEAD only checks that the page exists: nobody has seen it.
  if (requestContext.http.method !== 'HEAD') {
    const machine = isFollowedByMachine(headers['user-agent']) ? { machine: true } : {};
    await recordReceipt(deps, { message: message.id, receipt: 'clicked', at: deps.clock(), link, ...machine });
  }
  return { statusCode: 302, headers: { location: link, 'cache-control': 'no-store' }, body: '' };
}

interface Standing {
  /** With the STOP that lies on the customer's addresses. */
  consents: Consents;
  /** Channels whose address has said STOP, and nothing shows that whoever has opened this page has it: what is answered here does not lift it. */
  stopped: Channel[];
}

async function standingOf(deps: LinkDeps, message: Message, { profile, consents }: CurrentProfile): Promise<Standing> {
  const refs = answeringAddresses(profile?.addresses ?? {});
  if (refs.length === 0) return { consents, stopped: [] };
  const records = await deps.profiles.addressRecords(refs);
  const stopped = refs.filter(
    (ref) => records.get(addressId(ref))?.answer?.granted === false && message.to !== addressHash(ref),
  );
  return {
    consents: boundConsents(consents, profile?.addresses, records),
    stopped: stopped.map(({ channel }) => channel),
  };
}

async function show(deps: LinkDeps, message: Message, isOutdated = false): Promise<APIGatewayProxyStructuredResultV2> {
  const home = await deps.profiles.home(message.profile);
  const { snapshot } = await deps.catalog.snapshot();
  const standing = await standingOf(deps, message, home);
  const shown = { consents: standing.consents, isStopped: standing.stopped.length > 0, isOutdated };
  return preferencePage(home.profile?.locale ?? snapshot.settings.locale, shown, snapshot.settings);
}

const formOf = (event: HttpEvent): URLSearchParams =>
  new URLSearchParams(Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8'));

/** Handles the page's form, its button for everything, or a mail program's one click (RFC 8058) for the message's own channel. */
async function act(
  deps: LinkDeps,
  message: Message,
  form: URLSearchParams,
): Promise<APIGatewayProxyStructuredResultV2> {
  const version = form.get('preferences');
  if (version === FORM_VERSION) return save(deps, message, form);
  if (version !== null) return show(deps, message, true);
  const { channel } = message;
  const isOwn = channel !== undefined && !form.has('all');
  const at = deps.clock();
  const { snapshot } = await deps.catalog.snapshot();
  const { settings } = snapshot;
  const { profile } = await deps.profiles.home(message.profile);
  const source = form.has('all') ? 'page' : 'one-click';
  await addConsents(
    deps,
    message,
    (isOwn ? [channel] : CHANNELS).map((key) => ({ key, entry: { granted: false, at, source } })),
  );
  await recordReceipt(deps, { message: message.id, receipt: 'unsubscribed', at });
  return stoppedPage(profile?.locale ?? settings.locale, isOwn ? [channel] : reachableChannels(settings), settings);
}

/** Stores what the form changes. */
async function save(
  deps: LinkDeps,
  message: Message,
  form: URLSearchParams,
): Promise<APIGatewayProxyStructuredResultV2> {
  const at = deps.clock();
  const { snapshot } = await deps.catalog.snapshot();
  const { settings } = snapshot;
  const home = await deps.profiles.home(message.profile);
  const locale = home.profile?.locale ?? settings.locale;
  const { consents, stopped } = await standingOf(deps, message, home);
  const chosen = readPreferences(form, consents, topicIds(settings));
  if (chosen.length === 0) return savedPage(locale, chosen, settings);
  const proven = message.to ?? null;
  await addConsents(
    deps,
    message,
    chosen.map(({ key, granted }) => ({ key, entry: { granted, at, source: 'page' }, proven })),
  );
  const isOff = chosen.some(({ key, granted }) => key === message.channel && !granted);
  if (isOff) await recordReceipt(deps, { message: message.id, receipt: 'unsubscribed', at });
  const isInVain = chosen.some(
    ({ key, granted }) => granted && stopped.some((channel) => key === channel || key.startsWith(`${channel}:`)),
  );
  return savedPage(locale, chosen, settings, isInVain);
}

const addConsents = (deps: LinkDeps, { profile }: Message, entries: KeyedConsent[]): Promise<Consents> =>
  deps.profiles.addConsents(profile, entries, (now) => foldConsents(now, entries));
