import type { LiveJourney, Pointer, Snapshot } from '../../core/catalog/snapshot.ts';
import { foldEvents } from '../../core/conditions/features.ts';
import type { Kind } from '../../core/definitions/definition.ts';
import type { CairnEvent } from '../../core/events/event.ts';
import type { EntryId, EpochMs, ProfileKey } from '../../core/ids.ts';
import { type Activity, emptyActivity } from '../../core/profiles/activity.ts';
import type { Simulation, SyntheticProfile } from '../../core/simulation/request.ts';
import { type Customer, syntheticCustomer } from '../../core/simulation/synthetic-customer.ts';
import { heldKey } from '../../core/tags/evaluate.ts';
import { evaluateTags } from '../profiles/evaluate-tags.ts';
import type { SimulationContext } from './context.ts';
import type { Stored } from './profiles.ts';
import { type Simulated, simulate } from './simulate.ts';

/** A read from the tables that only some simulations need. */
export type Question =
  | { version: [kind: Kind, id: string, n: number] }
  | { run: EntryId }
  /** Codes left in a pool. */
  | { undrawn: string }
  | { redeemed: [pool: string, code: string] }
  | { entered: [profile: ProfileKey, slot: string] };
/** Answers by `keyOf` of the question; null: there is none. */
export type Answers = Record<string, unknown>;
export const keyOf = (question: Question): string => JSON.stringify(question);

/** A real customer. */
export interface StoredCustomer extends Customer {
  activity: Activity;
  /** In order. */
  events: CairnEvent[];
}

/** Everything that a simulation knows; it can reach nothing else. All of it is JSON. */
export interface SimulationInput {
  live: LiveJourney;
  snapshot: Snapshot;
  pointer: Pointer;
  asked: Simulation;
  at: EpochMs;
  /** Absent: the customer is synthetic, as the request describes them. */
  stored?: StoredCustomer;
  answers: Answers;
}
/** Questions that had no answer: call again with their answers. */
export type Outcome = { simulated: Simulated } | { questions: Question[] };

type Ports = Pick<SimulationContext, 'log' | 'sequence'>;

/** Simulates a customer's way through a journey on a virtual clock. The same input gives the same outcome. */
export async function runSimulation(input: SimulationInput, ports: Ports): Promise<Outcome> {
  const questions: Question[] = [];
  const ask = async <Answer>(question: Question): Promise<Answer | undefined> => {
    const key = keyOf(question);
    if (!Object.hasOwn(input.answers, key)) {
      questions.push(question);
      throw new Error(`no answer for: ${key}`);
    }
    // The caller has answered this question with a value of its kind.
    return (input.answers[key] as Answer | null) ?? undefined;
  };
  try {
    const simulated = await simulate(contextOf(input, ports, ask), input.asked, input.at);
    // A function that failed because an answer was missing may have been retried, as by a state machine.
    return questions.length > 0 ? { questions } : { simulated };
  } catch (error) {
    if (questions.length === 0) throw error;
    return { questions };
  }
}

type Ask = <Answer>(question: Question) => Promise<Answer | undefined>;

function contextOf(
  { live, snapshot: real, pointer, asked, at, stored }: SimulationInput,
  ports: Ports,
  ask: Ask,
): SimulationContext {
  const { [live.id]: _archived, ...archived } = real.archived;
  const requestedTags = new Set(asked.profile?.tags);
  const snapshot: Snapshot = {
    ...real,
    journeys: [live],
    archived,
    // Nobody is drawn for whom the request describes; a real customer is whoever they are.
    ...(stored === undefined ? { settings: { ...real.settings, holdout: { share: 0 } } } : {}),
    // A tag that the request sets stays as it is, whatever its rule evaluates to.
    rules: real.rules.filter((rule) => !requestedTags.has(heldKey(rule))),
  };
  return {
    live,
    snapshot,
    pointer,
    stored:
      stored === undefined
        ? storedSynthetic(asked.profile ?? {}, snapshot, at)
        : { ...stored, readEntered: (profile, slot) => ask({ entered: [profile, slot] }) },
    reads: {
      version: (kind, id, n) => ask({ version: [kind, id, n] }),
      run: (entry) => ask({ run: entry }),
      coupons: {
        undrawn: async (pool) => (await ask<number>({ undrawn: pool })) ?? 0,
        redeemed: async (pool, code) => (await ask<boolean>({ redeemed: [pool, code] })) ?? false,
      },
    },
    ...ports,
  };
}

/** The customer's tags are those that the rules give now, so that no tag changes at the start. */
function storedSynthetic(profile: SyntheticProfile, snapshot: Snapshot, at: EpochMs): Stored {
  const { tags: held, ...customer } = syntheticCustomer(profile, at, snapshot.settings);
  const features = foldEvents({}, snapshot.features.specs, customer.events, at);
  const { tags } = evaluateTags(customer.profile, { features, tags: held }, snapshot, at);
  const activity = {
    ...emptyActivity(),
    version: 1,
    pv: 1,
    features,
    featuresOf: snapshot.features.version,
    arrivalsOf: snapshot.arrivals.version,
    timesUntil: at,
    tags,
    // The customer is due at once, which computes when their tags and dates are due next.
    dueAt: at,
  };
  return { ...customer, activity, readEntered: async () => undefined };
}
