import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { CHANNELS } from '../../core/channels.ts';
import { readLinkToken, readUnsubscribeToken } from '../../core/links/token.ts';
import type { Message } from '../../core/messages/message.ts';
import { foldConsents } from '../../core/profiles/consent.ts';
import type { HttpEvent } from '../shared/handlers/http-handler.ts';
import { optOut, type ReceiveDeps, receive } from '../shared/sending/receive.ts';
import { donePage, gonePage, preferencePage, readPreferences } from './page.ts';

export interface LinkDeps extends ReceiveDeps {
  secret: () => Promise<string>;
}

/** Link scanners and previews of chats: they follow every link, and mean nothing by it. */
const SCANNERS =
  /bot|crawler|spider|scanner|preview|facebookexternalhit|whatsapp|slack|safelinks|barracuda|mimecast|proofpoint|HeadlessChrome/i;

/** `GET /c/{token}`: counts the click and leads on. `GET /u/{token}` shows, `POST /u/{token}` acts. */
export async function follow(deps: LinkDeps, event: HttpEvent): Promise<APIGatewayProxyStructuredResultV2> {
  const { method } = event.requestContext.http;
  const token = event.pathParameters?.token ?? '';
  const secret = await deps.secret();
  if (event.rawPath.startsWith('/c/')) return click(deps, secret, token, event.headers['user-agent'] ?? '');
  const id = readUnsubscribeToken(secret, token);
  const message = id === undefined ? undefined : await deps.messages.get(id);
  if (message === undefined) return gonePage();
  return method === 'POST' ? act(deps, message, formOf(event)) : show(deps, message);
}

async function click(
  deps: LinkDeps,
  secret: string,
  token: string,
  agent: string,
): Promise<APIGatewayProxyStructuredResultV2> {
  const read = readLinkToken(secret, token);
  const message = read && (await deps.messages.get(read.message));
  const link = read && message?.links?.[read.link];
  if (message === undefined || link === undefined) return gonePage();
  await receive(deps, {
    message: message.id,
    receipt: 'clicked',
    at: deps.clock(),
    link,
    ...(SCANNERS.test(agent) ? { machine: true } : {}),
  });
  return { statusCode: 302, headers: { location: link, 'cache-control': 'no-store' }, body: '' };
}

async function show(deps: LinkDeps, message: Message): Promise<APIGatewayProxyStructuredResultV2> {
  const home = await deps.profiles.home(message.profile);
  const { snapshot } = await deps.catalog.snapshot();
  return preferencePage(home.profile?.locale ?? snapshot.settings.locale, home.consents, snapshot.settings.topics);
}

const formOf = (event: HttpEvent): URLSearchParams =>
  new URLSearchParams(Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8').toString('utf8'));

/** The page's form, its button for all, or a mail program's one click (RFC 8058): the channel that the message came by. */
async function act(
  deps: LinkDeps,
  message: Message,
  form: URLSearchParams,
): Promise<APIGatewayProxyStructuredResultV2> {
  const at = deps.clock();
  const { snapshot } = await deps.catalog.snapshot();
  const locale = (await deps.profiles.home(message.profile)).profile?.locale ?? snapshot.settings.locale;
  if (form.has('preferences')) {
    const chosen = readPreferences(form, snapshot.settings.topics);
    const entries = chosen.map(({ key, granted }) => ({ key, entry: { granted, at, source: 'page' as const } }));
    await deps.profiles.addConsents(message.profile, entries, (now) => foldConsents(now, entries));
    const isOff =
      message.channel !== undefined && chosen.some(({ key, granted }) => key === message.channel && !granted);
    if (isOff) await receive(deps, { message: message.id, receipt: 'unsubscribed', at });
    return donePage(locale, 'saved');
  }
  const channels = form.has('all') || message.channel === undefined ? CHANNELS : [message.channel];
  const source = form.has('all') ? 'page' : 'one-click';
  for (const channel of channels) await optOut(deps, message.profile, channel, { granted: false, at, source });
  await receive(deps, { message: message.id, receipt: 'unsubscribed', at });
  return donePage(locale, 'stopped');
}
