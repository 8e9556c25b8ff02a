import * as z from 'zod';
import type { Kind } from '../../../core/definitions/definition.ts';
import { lazySchema } from '../../../core/lazy-schema.ts';
import { durationMs, PositiveDurationSchema } from '../../../core/time/duration.ts';
import { approve, reject } from '../../../engine/definitions/approve.ts';
import { archive } from '../../../engine/definitions/archive.ts';
import { continuePilot } from '../../../engine/definitions/continue-pilot.ts';
import { discardDraft } from '../../../engine/definitions/discard-draft.ts';
import type { Changed, Verb } from '../../../engine/definitions/lifecycle.ts';
import { campaignLifecycle } from '../../../engine/definitions/lifecycles/campaigns.ts';
import { journeyLifecycle } from '../../../engine/definitions/lifecycles/journeys.ts';
import type { LifecycleKind } from '../../../engine/definitions/lifecycles/lifecycle-kind.ts';
import { pause, resume } from '../../../engine/definitions/pause.ts';
import { publish } from '../../../engine/definitions/publish.ts';
import { dryRun, submit } from '../../../engine/definitions/submit.ts';
import { testJourney } from '../../../engine/definitions/test-journey.ts';
import { viewSchema } from '../../../engine/definitions/view.ts';
import { ResumeSchema } from '../../../engine/jobs/resume.ts';
import { definitionParams, TextIdSchema } from '../../../runtime/http/params.ts';
import { requireQueueable } from '../../../runtime/http/queueable.ts';
import type { Role } from '../../../runtime/http/roles.ts';
import type { Route } from '../../../runtime/http/route.ts';
import type { Deps } from '../dependencies.ts';
import { route } from './route.ts';
import { stoppingRoutes } from './stopping.ts';

/** Comments and reasons are stored in the audit log and in live rules. */
const TextSchema = z.string().max(2_000);
const CommentSchema = z.strictObject({ comment: TextSchema.optional() }).prefault({});

const PinsSchema = lazySchema(() =>
  z.object({
    templates: z.record(z.string(), z.number().int()),
    journeys: z.record(z.string(), z.number().int()),
    content: z.record(z.string(), z.number().int()).optional(),
  }),
);
const SubmitSchema = z.strictObject({ comment: TextSchema.optional(), dryRun: z.boolean().optional() }).prefault({});

/** Its parameter is the definition's id, whatever the kind. */
const pathOf = <K extends Kind>(of: LifecycleKind<K>, verb: string) =>
  `/v1/${of.kind.kind as string}/{id}/${verb}` as `${string}{id}${string}`;

const titled = (noun: string): string => `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`;

/** Answers with the new body of GET; for a dry run, with the pins. */
function submitRoute<K extends Kind>(of: LifecycleKind<K>): Route<Deps> {
  const View = viewSchema(of.kind);
  return route({
    method: 'POST',
    path: pathOf(of, 'submit'),
    params: definitionParams,
    conditional: true,
    role: 'marketer',
    operationId: `submit${titled(of.noun)}`,
    summary: `Submit a ${of.noun} for approval`,
    description: `draft → submitted. Pins the newest templates and journeys that it names, and the content that its templates show; a published ${of.noun} that has not changed gets a version with new pins. \`dryRun\` changes nothing and answers the pins.`,
    body: SubmitSchema,
    response: () => z.union([View, z.object({ pins: z.object({ before: PinsSchema, after: PinsSchema }) })]),
    handle: async (deps, { params, body, caller, headers, intent }) => {
      const verb = { deps, of, id: params.id, caller, headers, intent };
      if (body.dryRun === true) return { body: await dryRun(verb) };
      const { view, etag } = await submit(verb);
      return { headers: { etag }, body: view as z.input<typeof View> };
    },
  });
}

const discardRoute = <K extends Kind>(of: LifecycleKind<K>): Route<Deps> =>
  route({
    method: 'DELETE',
    path: pathOf(of, 'draft'),
    params: definitionParams,
    conditional: true,
    role: 'marketer',
    operationId: `discard${titled(of.noun)}Draft`,
    summary: `Discard the draft of a ${of.noun}`,
    description: 'The newest version beside a published one, whether draft, submitted or approved.',
    status: 204,
    handle: async (deps, { params, caller, headers, intent }) => {
      await discardDraft({ deps, of, id: params.id, caller, headers, intent });
      return {};
    },
  });

interface VerbRoute<K extends Kind, Body extends z.ZodType> {
  name: string;
  role: Role;
  summary: string;
  description: string;
  body: Body | (() => Body);
  act: (verb: Verb<K>, body: z.output<Body>) => Promise<Changed>;
}

/** A lifecycle verb: answers with the new body of GET. */
function verb<K extends Kind, Body extends z.ZodType>(
  of: LifecycleKind<K>,
  { name, act, ...declared }: VerbRoute<K, Body>,
): Route<Deps> {
  const View = viewSchema(of.kind);
  return route({
    method: 'POST',
    path: pathOf(of, name),
    params: definitionParams,
    conditional: true,
    operationId: `${name}${titled(of.noun)}`,
    ...declared,
    response: View,
    handle: async (deps, { params, body: sent, caller, headers, intent }) => {
      const { view, etag, job } = await act({ deps, of, id: params.id, caller, headers, intent }, sent);
      return {
        headers: { etag, ...(job === undefined ? {} : { 'cairn-job': job }) },
        body: view as z.input<typeof View>,
      };
    },
  });
}

const approveRoute = <K extends Kind>(of: LifecycleKind<K>): Route<Deps> =>
  verb(of, {
    name: 'approve',
    role: 'approver',
    summary: `Approve a ${of.noun}`,
    description: 'submitted → approved, by somebody who wrote no version since the last published one.',
    body: () => z.strictObject({ comment: TextSchema.optional(), publish: z.boolean().optional() }).prefault({}),
    async act(asked, body) {
      const approved = await approve(asked);
      if (body.publish !== true) return approved;
      // The approval has checked the precondition.
      return publish({ ...asked, headers: {} });
    },
  });

const rejectRoute = <K extends Kind>(of: LifecycleKind<K>): Route<Deps> =>
  verb(of, {
    name: 'reject',
    role: 'approver',
    summary: `Reject a ${of.noun}`,
    description: 'submitted or approved → draft. The view shows the comment until it is submitted again.',
    body: () => z.strictObject({ comment: TextSchema.min(1) }),
    act: (asked, { comment }) => reject(asked, comment),
  });

const publishRoute = <K extends Kind>(of: LifecycleKind<K>): Route<Deps> =>
  verb(of, {
    name: 'publish',
    role: 'marketer',
    summary: `Publish a ${of.noun}`,
    description: 'approved → published; from draft where the settings require no approval.',
    body: CommentSchema,
    act: publish,
  });

/** Texts about a kind, beside its name. */
interface Texts {
  resume: string;
  archive: string;
}

const PauseSchema = lazySchema(() =>
  z.strictObject({ comment: TextSchema.optional(), reason: TextSchema.optional() }).prefault({}),
);

const pauseRoute = <K extends Kind>(of: LifecycleKind<K>, text: string): Route<Deps> =>
  verb(of, {
    name: 'pause',
    role: 'marketer',
    summary: `Pause a ${of.noun}`,
    description: `published → paused. ${text}`,
    body: PauseSchema,
    act: (asked, body) => pause(asked, body.reason ?? body.comment),
  });

/** Ends a published definition's pause, or the definition for good. */
const endingRoutes = <K extends Kind>(of: LifecycleKind<K>, texts: Texts): Route<Deps>[] => [
  verb(of, {
    name: 'resume',
    role: 'marketer',
    summary: `Resume a ${of.noun}`,
    description: `paused → published. ${texts.resume}`,
    body: ResumeSchema,
    act: (asked, body) => resume(asked, body.perMinute),
  }),
  verb(of, {
    name: 'archive',
    role: 'marketer',
    summary: `Archive a ${of.noun}`,
    description: texts.archive,
    body: CommentSchema,
    act: (asked) => archive(asked),
  }),
];

/** The verbs of one kind of definition that is approved, published, paused and archived. */
const lifecycleRoutes = <K extends Kind>(of: LifecycleKind<K>, texts: Texts): Route<Deps>[] => [
  submitRoute(of),
  discardRoute(of),
  approveRoute(of),
  rejectRoute(of),
  publishRoute(of),
  ...endingRoutes(of, texts),
];

/** A person who tests does not wait for longer at a node. */
const TESTED_WAIT = '10s';

const testRoute = route({
  method: 'POST',
  path: '/v1/journeys/{id}/test',
  params: definitionParams,
  role: 'marketer',
  operationId: 'testJourney',
  summary: 'Test a journey on a test account',
  description:
    'A profile with the trait `testAccount: true` walks the newest version, even a draft, for real: messages leave, tasks and webhooks are made, coupons drawn. No node waits for longer than `waits`; reports, caps, re-entry, throttle and pilot leave the run out.',
  body: () =>
    z.strictObject({
      profileId: TextIdSchema,
      waits: PositiveDurationSchema.default(TESTED_WAIT),
      data: z.record(z.string(), z.unknown()).optional().describe('properties of the entry event'),
    }),
  status: 202,
  response: () => z.object({ run: z.string() }),
  handle: async (deps, { params, body, intent, intendedAt }) => {
    requireQueueable(body.data, '/data');
    const { profileId, waits, data = {} } = body;
    const test = { id: params.id, profileId, waits: durationMs(waits), data, cause: intent, at: intendedAt };
    return { body: { run: await testJourney(deps, test) } };
  },
});

export const routes: readonly Route<Deps>[] = [
  testRoute,
  ...lifecycleRoutes(journeyLifecycle, {
    resume: 'A job lets parked runs go on, `perMinute` of them.',
    archive: 'A job ends its open runs for good.',
  }),
  pauseRoute(journeyLifecycle, 'Nobody enters, and runs rest.'),
  verb(journeyLifecycle, {
    name: 'continue',
    role: 'marketer',
    summary: 'Continue after the pilot of a journey',
    description:
      'A job lets in whoever waits, `perMinute` of them; the pilots of versions up to the live one are over.',
    body: ResumeSchema,
    act: (asked, body) => continuePilot(asked, body.perMinute),
  }),
  ...lifecycleRoutes(campaignLifecycle, {
    resume: 'Goes on with whoever is left; a job lets go what was held, `perMinute` of it.',
    archive: 'Cancels what is under way, for good.',
  }),
  ...stoppingRoutes,
];
