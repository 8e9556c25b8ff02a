import { journeyReferences } from '../../core/catalog/kinds/journey-references.ts';
import { KINDS } from '../../core/catalog/kinds/registry.ts';
import type { Reference } from '../../core/definitions/definition.ts';
import { type Journey, JourneySchema } from '../../core/journeys/schema.ts';
import { type Cairn, example } from './cairn.ts';

type Json = Record<string, unknown>;

/** Installs `examples/journeys/<id>.json` with all that it names, and publishes it; journeys that it starts come first. */
export async function publishExample(cairn: Cairn, id: string): Promise<void> {
  for (const { kind, id: name } of await namedByExample(id)) await cairn.install(kind, name);
  await cairn.install('journeys', id);
  await cairn.publish(id);
}

/** Returns the examples that a journey names, and those that their rules name, but no journeys; each comes after what it names. */
export async function namedByExample(id: string): Promise<Reference[]> {
  const named = new Map<string, Reference>();
  async function visit(reference: Reference): Promise<void> {
    const { kind, id: name } = reference;
    // Every trait could be a computed one; none of the examples is. The calendar of China is built in.
    if (['journeys', 'computed-traits', 'calendars'].includes(kind) || named.has(`${kind} ${name}`)) return;
    const rule = kind === 'tags' || kind === 'segments' ? KINDS[kind] : undefined;
    if (rule !== undefined)
      for (const inner of rule.references(rule.schema.parse(await example(kind, name)) as never)) await visit(inner);
    named.set(`${kind} ${name}`, reference);
  }
  const journey: Journey = JourneySchema.parse(await example('journeys', id));
  for (const reference of journeyReferences(journey)) await visit(reference);
  return [...named.values()];
}

/** A customer with a phone who has consented to everything. */
export const meet = (cairn: Cairn, userId: string, traits: Json = {}): Promise<unknown> =>
  cairn.identify(
    userId,
    { phone: '+8613900139000', ...traits },
    { context: { consent: { categoryPreferences: { email: true, push: true, sms: true } } } },
  );

/** Returns the messages that were sent to a customer: instant and template. */
export const sentTo = async (cairn: Cairn, profileId: string): Promise<string[]> =>
  (await cairn.outbox({ profileId })).map(({ at, template }) => `${at} ${template}`);

export const textsTo = async (cairn: Cairn, profileId: string): Promise<(string | undefined)[]> =>
  (await cairn.outbox({ profileId })).map(({ text }) => text);

interface RunView {
  key: string;
  status: string;
  node?: string;
  outcome?: string;
}

/** A customer's runs, oldest first: the outcome, or the present node. */
export async function runsOf(cairn: Cairn, journey: string, profileId: string): Promise<string[]> {
  const path = `/v1/journeys/${journey}/runs?profileId=${profileId}`;
  const { items } = await cairn.ok<{ items: RunView[] }>('viewer', 'GET', path);
  return items.map(({ outcome, node }) => outcome ?? `at ${node}`).reverse();
}

interface TaskView {
  id: string;
  queue: string;
  title: string;
  status: string;
  profileId: string;
}

export async function tasksOf(cairn: Cairn, profileId: string): Promise<TaskView[]> {
  const { items } = await cairn.ok<{ items: TaskView[] }>('marketer', 'GET', '/v1/tasks');
  return items.filter((task) => task.profileId === profileId);
}

export async function complete(cairn: Cairn, profileId: string, outcome: string): Promise<void> {
  const task = (await tasksOf(cairn, profileId)).find(({ status }) => status === 'open');
  if (task === undefined) throw new Error(`${profileId} has no open task`);
  await cairn.ok('marketer', 'POST', `/v1/tasks/${task.id}/complete`, { outcome });
  await cairn.local('POST', 'settle');
}
