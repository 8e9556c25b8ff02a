import { jobStore } from '../../adapters/dynamo/jobs.ts';
import type { Snapshot } from '../../core/catalog/snapshot.ts';
import { isMissed, type Receipt } from '../../core/messages/message.ts';
import type { Source } from '../../core/messages/source.ts';
import { addressesOf } from '../../core/profiles/address-record.ts';
import { arm } from '../../engine/campaigns/begin-occurrence.ts';
import { DomainError } from '../../engine/errors.ts';
import { migrateRuns } from '../../engine/jobs/start-job.ts';
import { handleFeedback } from '../../engine/messages/handle-feedback.ts';
import { recordReceipt } from '../../engine/messages/record-receipt.ts';
import { taskRoutes } from '../../functions/profiles-api/routes/tasks.ts';
import { post, type Request, type Simulated } from './api.ts';
import { Invocation } from './faults.ts';
import { messageItems } from './message-items.ts';
import { CHANGES, withNewer } from './rules.ts';
import type { SimulatedDependencies } from './simulated-dependencies.ts';
import type { SimulatedQueues } from './simulated-queues.ts';
import type { ApiCall } from './simulation-options.ts';
import type { SimulationState } from './simulation-state.ts';
import { TABLES } from './tables.ts';

/** A client whose first call may still be running repeats it after this time. */
const LEASE_OVER_MS = 61_000;

/** Calls of the API by a person or a client, and of providers that report about messages. */
export class SimulatedApiCalls {
  private readonly state: SimulationState & Simulated;
  private readonly queues: SimulatedQueues;
  private readonly deps: SimulatedDependencies;

  constructor(state: SimulationState & Simulated, queues: SimulatedQueues, deps: SimulatedDependencies) {
    this.state = state;
    this.queues = queues;
    this.deps = deps;
  }

  /** Calls the API as a person or a client. A call that died is made again. */
  async answer(invocation: Invocation, call: Exclude<ApiCall, { redeem: string }>): Promise<void> {
    if ('complete' in call) return this.complete(invocation, call.complete);
    if ('rules' in call) return this.change(invocation, CHANGES[call.rules]);
    if ('feedback' in call) return this.feedback(invocation, call.feedback);
    if ('report' in call) return this.report(invocation, call.report);
    if ('text' in call) return this.text(invocation, call);
    if ('resend' in call) return this.resend(invocation, call);
    if ('campaign' in call) return this.campaign(invocation, call);
    if ('migrate' in call) return this.migrate(invocation, call.migrate);
    const answer = await this.ask(invocation, call, requestOf(call));
    if ('trigger' in call && answer !== undefined) this.state.answers.set(call.repeat, answer);
  }

  /** Returns undefined if the call was refused, or the same call is still running: it is then repeated later. */
  private async ask(invocation: Invocation, call: ApiCall, request: Request): Promise<string | undefined> {
    const { body, problem } = await post(this.state, invocation, request);
    if (problem === undefined) return answerText(body);
    const { code, detail } = problem.fault;
    if (code !== 'conflict') throw problem;
    if (detail.includes('still at work'))
      this.queues.push({ kind: 'api', body: call, readyAt: this.state.now + LEASE_OVER_MS });
    return undefined;
  }

  private async migrate(invocation: Invocation, journey: string): Promise<void> {
    const { rules, tables, now } = this.state;
    const isLive = rules.snapshot.journeys.some(({ id, version }) => id === journey && version === 2);
    if (!isLive) await invocation.call(async () => this.state.goLive(withNewer(rules, journey)));
    const jobs = jobStore(invocation.client(tables.client), TABLES.catalog);
    await migrateRuns(
      { jobs, queues: { jobs: this.queues.queue('jobs', invocation) }, clock: () => now },
      { journey, from: 1, to: 2 },
      { by: 'ann', cause: 'migrate', total: undefined },
    );
  }

  /** A call that was refused, or goes on, is not answered. */
  private async campaign(invocation: Invocation, call: Extract<ApiCall, { campaign: string }>): Promise<void> {
    const { campaign: id, verb, newest, repeat } = call;
    const deps = this.deps.campaignDeps(invocation);
    if (verb === 'publish') {
      const live = this.state.rules.snapshot.campaigns?.find((one) => one.id === id);
      return live && arm(deps, live, 'ann');
    }
    const { items } = await deps.occurrences.list(id, { limit: 1 });
    const [occurrence] = newest ? items.map((one) => one.id) : [];
    if (newest && occurrence === undefined) return;
    const path = `/v1/campaigns/${id}/${verb}`;
    const body = occurrence === undefined ? {} : { occurrence };
    const answer = await this.ask(invocation, call, { path, body, key: repeat });
    if (answer !== undefined) this.state.answered.push({ path: `${path}/${occurrence ?? ''}`, at: this.state.now });
  }

  private async resend(invocation: Invocation, call: Extract<ApiCall, { resend: string }>): Promise<void> {
    for (const { sk, sourceKind } of await messageItems(this.state.tables)) {
      const id = String(sk);
      const row = await this.deps.stores(new Invocation()).messages.get(id);
      const isAsked =
        (sourceKind as Source).kind === 'journey' && (sourceKind as { node: string }).node === call.resend;
      const isOpen = row !== undefined && (isMissed(row) || row.state === 'released');
      if (isAsked && isOpen)
        await this.ask(invocation, call, {
          path: `/v1/messages/${id}/resend`,
          body: { risk: 'may-double' },
          key: call.repeat,
        });
    }
  }

  /** The new snapshot is live at once. */
  private async change(invocation: Invocation, change: (live: Snapshot) => Snapshot): Promise<void> {
    await invocation.call(async () => {
      const { snapshot } = this.state.rules;
      const next = change(snapshot);
      if (next === snapshot) return;
      this.state.goLive(next);
    });
    const known = await this.state.tables.all(TABLES.profiles);
    const keys = known.filter(({ sk, mergedInto }) => sk === '#ACTIVITY' && mergedInto === undefined);
    const touches = keys.map(({ pk }) => ({ body: { profile: String(pk), at: this.state.now, touch: true } }));
    await this.queues.queue('due', invocation).send(touches);
  }

  private async feedback(invocation: Invocation, { node, receipt }: { node: string; receipt: Receipt }): Promise<void> {
    for (const { sk, sourceKind } of await messageItems(this.state.tables)) {
      if ((sourceKind as Source).kind !== 'journey' || (sourceKind as { node: string }).node !== node) continue;
      const message = String(sk);
      await recordReceipt(this.deps.feedbackDeps(invocation), { message, receipt, at: this.state.now });
    }
  }

  private async report(
    invocation: Invocation,
    { profile, receipt, address }: Extract<ApiCall, { report: unknown }>['report'],
  ): Promise<void> {
    const sent = this.state.outbox.findLast(
      ({ request, channel }) => request.profile === profile && channel !== 'push',
    );
    if (sent === undefined) return;
    const [to] = addressesOf(sent.profile?.addresses ?? {}, sent.channel);
    await recordReceipt(this.deps.feedbackDeps(invocation), {
      message: sent.message,
      receipt,
      at: this.state.now,
      address,
      to: to?.value,
    });
  }

  private text(invocation: Invocation, { text, from, at }: Extract<ApiCall, { text: string }>): Promise<void> {
    return handleFeedback(this.deps.feedbackDeps(invocation), { inbound: { channel: 'sms', from, text, at } });
  }

  private async complete(invocation: Invocation, { node, outcome }: { node: string; outcome: string }): Promise<void> {
    const stores = this.deps.stores(invocation);
    const { items } = await stores.tasks.list({}, { limit: 100 });
    const route = taskRoutes.find(({ path }) => path.endsWith('/complete'));
    // Completing a task that its run has left behind is refused.
    for (const task of items.filter(({ source, status }) => source.node === node && status !== 'closed')) {
      try {
        await route?.handle(
          {
            ...stores,
            queues: { events: this.queues.queue('events', invocation) },
            clock: () => this.state.now,
          } as never,
          { params: { id: task.id }, body: { outcome }, caller: { sub: 'somebody' } } as never,
        );
      } catch (error) {
        // Its run has left it behind since the list was read.
        if (!(error instanceof DomainError && error.fault.code === 'conflict')) throw error;
      }
    }
  }
}

function requestOf(
  call: Exclude<
    ApiCall,
    | { redeem: string }
    | { complete: unknown }
    | { feedback: unknown }
    | { report: unknown }
    | { text: string }
    | { resend: string }
    | { campaign: string }
    | { migrate: string }
    | { rules: unknown }
  >,
): Request {
  if ('trigger' in call) {
    const { journey, profile, ...more } = call.trigger;
    return { path: `/v1/journeys/${journey}/trigger`, body: { profileId: profile, ...more }, key: call.repeat };
  }
  if ('consent' in call)
    return { path: `/v1/profiles/${call.profile}/consents`, body: { key: call.consent, granted: call.granted } };
  if ('hold' in call)
    return { path: `/v1/channels/${call.hold}/pause`, body: call.all === undefined ? {} : { all: call.all } };
  if ('release' in call) return { path: `/v1/channels/${call.release}/resume` };
  if ('pause' in call) return { path: `/v1/journeys/${call.pause}/pause` };
  if ('resume' in call) return { path: `/v1/journeys/${call.resume}/resume` };
  return { path: `/v1/journeys/${call.archive}/archive` };
}

/** The answer without ids. */
function answerText(body: unknown): string {
  const { entered, reason } = body as { entered?: boolean; reason?: string };
  return entered === true ? 'entered' : String(reason);
}
