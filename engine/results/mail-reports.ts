import * as z from 'zod';
import { lazySchema } from '../../core/lazy-schema.ts';
import { type Due, newestDue, nextDue } from '../../core/results/mail/due.ts';
import { type RenderedMail, reportMail } from '../../core/results/mail/report-mail.ts';
import { receiverOf, type Subscription } from '../../core/results/mail/subscription.ts';
import { DomainError } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';
import type { Wake, Wakes } from '../schedule/ports.ts';
import { type MailContentDeps, mailContent } from './mail-content.ts';
import type { KeptSubscription, Mailer, ReportMails, ReportSubscriptions } from './ports.ts';

export interface MailReportsDeps extends MailContentDeps {
  subscriptions: Pick<ReportSubscriptions, 'get' | 'mailed'>;
  mails: ReportMails;
  mailer: Mailer;
  wakes: Pick<Wakes, 'set' | 'done'>;
  clock: Clock;
  log: Pick<Log, 'info' | 'warn'>;
}

/** Body of a message on `report-mails`, which a wake sends: a mail of this subscription is due. `wake`: the id of that wake. */
export const ReportMailMessageSchema = lazySchema(() => z.object({ subscription: z.string(), wake: z.string() }));

/** A mail that could not be sent for so long is left out: the next one is due. */
const MAX_LATE_MS = 12 * 3_600_000;

/** The wake for the next mail of a subscription. */
export function wakeOfMail(
  { id, ...subscription }: Pick<Subscription, 'every' | 'time'> & { id: string },
  now: number,
  timezone: string,
): Wake {
  const at = nextDue(subscription, now, timezone);
  const wake = `${id}#${at}`;
  return { kind: 'report-mail', id: wake, at, body: { subscription: id, wake } };
}

/**
 * Sends the newest mail of a subscription that is due. An address gets a report of one scope and period at most once, whichever subscriptions name it and
 * however they are changed: whoever takes it first sends it, and one that nobody has answered for is not repeated. What the provider has certainly not
 * taken is tried again, since the wake is then not done. Before it is done, the next one is set, from what the subscription and the settings say now.
 */
export async function mailReport(
  deps: MailReportsDeps,
  { subscription: id, wake }: z.infer<typeof ReportMailMessageSchema>,
): Promise<void> {
  const subscription = await deps.subscriptions.get(id);
  if (subscription === undefined) return deps.wakes.done('report-mail', wake);
  const { timezone } = (await deps.catalog.snapshot()).snapshot.settings;
  const now = deps.clock();
  const due = newestDue(subscription, now, timezone);
  const isSent = !isWanted(subscription, due, now) || (await mailEverybody(deps, subscription, due));
  if (!isSent) return;
  await deps.wakes.set(wakeOfMail(subscription, now, timezone));
  await deps.wakes.done('report-mail', wake);
}

const isWanted = ({ createdAt, mailedFor = 0 }: KeptSubscription, { at }: Due, now: number): boolean =>
  at > createdAt && at > mailedFor && now - at <= MAX_LATE_MS;

/** Returns false if somebody is to be tried again. */
async function mailEverybody(deps: MailReportsDeps, subscription: KeptSubscription, due: Due): Promise<boolean> {
  const { id, emails, scope, every } = subscription;
  const content = await contentOf(deps, subscription, due);
  if (content === undefined) return true;
  const mail = reportMail(content);
  const name = `${scope}#${every}#${due.to}`;
  let isSent = true;
  for (const address of emails) isSent = (await mailTo(deps, name, address, mail)) && isSent;
  if (isSent) await deps.subscriptions.mailed(id, due.at);
  return isSent;
}

/** Undefined: what it is about has been deleted, and never sent anything. */
async function contentOf(deps: MailReportsDeps, subscription: KeptSubscription, due: Due) {
  try {
    return await mailContent(deps, subscription, due);
  } catch (error) {
    if (!(error instanceof DomainError) || error.fault.code !== 'not-found') throw error;
    deps.log.warn('a report mail is about what is not there', { subscription: subscription.id });
    return undefined;
  }
}

/** Returns false if it is to be tried again. */
async function mailTo(deps: MailReportsDeps, name: string, address: string, mail: RenderedMail): Promise<boolean> {
  const receiver = receiverOf(address);
  if (!(await deps.mails.take(name, receiver, deps.clock()))) return true;
  const outcome = await deps.mailer.send(address, mail);
  if (outcome.kind === 'sent') {
    deps.log.info('sent a report mail', { mail: name });
    return true;
  }
  // What a provider says may name the address.
  deps.log.warn('a report mail was not sent', { mail: name, outcome: outcome.kind });
  if (outcome.kind !== 'temporary' && outcome.kind !== 'throttled') return true;
  await deps.mails.release(name, receiver);
  return false;
}
