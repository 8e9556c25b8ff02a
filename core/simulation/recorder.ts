import type { Channel, Rendered } from '../channels/registry.ts';
import type { CairnEvent } from '../events/event.ts';
import type { EntryId, EpochMs, MessageId } from '../ids.ts';
import type { JourneyNode } from '../journeys/nodes/registry.ts';
import type { Journey } from '../journeys/schema.ts';
import type { TracedStep } from '../journeys/walk-ports.ts';
import type { Message } from '../messages/message.ts';
import { runOf, sourceDefinitionOf } from '../messages/source.ts';
import type { NewRun } from '../profiles/activity.ts';
import type { Run } from '../runs/run.ts';
import { shownOf } from './shown.ts';

/** Something that happens, or does not happen and why; `run` numbers the runs of the simulation from 1. */
export interface TimelineItem {
  at: EpochMs;
  type: string;
  run?: number;
  node?: string;
  [field: string]: unknown;
}

/** Final state of a run in the simulation. */
export interface SimulatedRun {
  run: number;
  key: string;
  at: EpochMs;
  status: Run['status'];
  node?: string;
  outcome?: string;
}

/** Final state of a message in the simulation, with its content. */
export interface SimulatedMessage {
  at: EpochMs;
  run: number;
  node: string;
  template: string;
  version: number;
  status: string;
  channel?: Channel;
  reason?: string;
  /** Detail beside the reason: the variable that a template misses. */
  detail?: string;
  content?: Rendered;
}

/** Most characters of rendered messages. Later messages are listed without content. */
const MAX_CHARACTERS = 500_000;

/** Records what a simulated cloud does. */
export class Recorder {
  readonly items: TimelineItem[] = [];
  readonly runs = new Map<EntryId, SimulatedRun>();
  readonly messages = new Map<MessageId, SimulatedMessage>();
  /** Names of the events that are being processed: items recorded meanwhile are caused by them. */
  cause: string | undefined;
  readonly #journey: Journey;
  readonly #now: () => EpochMs;
  /** Sends whose outcome is not known yet. */
  readonly #asked = new Map<MessageId, TimelineItem>();
  readonly #names = new Map<string, string>();
  #characters = 0;

  constructor(journey: Journey, now: () => EpochMs) {
    this.#journey = journey;
    this.#now = now;
  }

  add(type: string, fields: Omit<TimelineItem, 'at' | 'type'> = {}): TimelineItem {
    const item: TimelineItem = { at: this.#now(), type, ...fields };
    this.items.push(item);
    return item;
  }

  /** Remembers names by event id, for the resolutions of runs. */
  worked(events: readonly CairnEvent[]): void {
    for (const { id, name } of events) if (name !== undefined) this.#names.set(id, shownName(name));
    this.cause = events.flatMap(({ name }) => (name === undefined ? [] : shownName(name)))[0];
  }

  entered(run: NewRun): void {
    const number = this.runs.size + 1;
    this.runs.set(run.entry, { run: number, key: run.key, at: run.at, status: 'entering' });
    const fields = { ...(run.key === '' ? {} : { key: run.key }), ...this.#by() };
    this.add('entered', { run: number, ...fields });
  }

  traced({ node: id, run, did, actions }: TracedStep): void {
    const node = this.#journey.nodes[id];
    const number = this.runs.get(run.entry)?.run;
    if (node === undefined || number === undefined) return;
    const base = { run: number, node: id };
    if ('left' in did) this.#left(base, did);
    else if ('held' in did) this.add('rests', { ...base, until: did.held });
    else this.#came(base, { node: id, run, did, actions }, node);
  }

  #came(base: { run: number; node: string }, step: TracedStep, node: JourneyNode): void {
    const { node: id, run } = step;
    const item = this.add(node.type, { ...base, ...shownOf(node, step) });
    const message = run.visits[id]?.message;
    if (node.type === 'send' && message !== undefined) this.#asked.set(message, item);
  }

  #left(base: { run: number; node: string }, { left, by }: Extract<TracedStep['did'], { left: unknown }>): void {
    const name = by === undefined ? undefined : this.#names.get(by);
    const of = name === undefined ? {} : { event: name };
    if (left.kind === 'timeout') this.add('timeout', base);
    if (left.kind === 'resolved') this.add('resolved', { ...base, way: left.index, ...of });
    if (left.kind === 'outcome') this.add('completed', { ...base, outcome: left.outcome });
  }

  /** Records the new state of a run. */
  moved(run: Run): void {
    const seen = this.runs.get(run.entry);
    if (seen === undefined) return;
    const { status, node, outcome } = run;
    const before = seen.status;
    Object.assign(seen, { status, node: status === 'closed' ? undefined : node, outcome });
    if (status === 'closed' && before !== 'closed' && run.reason !== 'ended')
      this.add(run.reason === 'exited' ? 'exit' : String(run.reason), {
        run: seen.run,
        ...(node === undefined ? {} : { node }),
        ...(outcome === undefined ? {} : { outcome }),
        ...this.#by(),
      });
    // A run whose execution was lost rests at the same stop, in its next leg.
    if (status === 'parked' && before !== 'parked' && run.executionLost !== true)
      this.add('parked', { run: seen.run, node, until: run.dueAt });
  }

  /** Records the status of a message. The first status is shown at its `send` node; a later one is an item of its own. */
  message(row: Message): void {
    const node = sourceDefinitionOf(row.source)?.node;
    if (node === undefined || row.state === 'sending' || row.state === 'released') return;
    const run = this.runs.get(runOf(row.source) ?? '')?.run;
    if (run === undefined) return;
    const shown = {
      status: row.state,
      ...(row.channel === undefined ? {} : { channel: row.channel }),
      ...(row.reason === undefined ? {} : { reason: row.reason }),
      ...detailOf(row),
    };
    const asked = this.#asked.get(row.id);
    this.#asked.delete(row.id);
    if (asked?.at === this.#now()) Object.assign(asked, shown);
    else this.add('message', { run, node, ...shown });
    const before = this.messages.get(row.id);
    const content = before?.content === undefined ? {} : { content: before.content };
    this.messages.set(row.id, {
      at: this.#now(),
      run,
      node,
      template: row.template.id,
      version: row.template.version,
      ...shown,
      ...content,
    });
  }

  /** Records the content that a provider gets. The message's row follows. */
  handed(row: Message, content: Rendered): void {
    this.#characters += JSON.stringify(content).length;
    const { source, template } = row;
    const node = sourceDefinitionOf(source)?.node;
    if (node === undefined) return;
    const run = this.runs.get(runOf(source) ?? '')?.run ?? 0;
    const fits = this.#characters <= MAX_CHARACTERS;
    const base = { at: this.#now(), run, node, template: template.id, version: template.version };
    this.messages.set(row.id, { ...base, status: 'sending', ...(fits ? { content } : {}) });
  }

  #by(): { event?: string } {
    return this.cause === undefined ? {} : { event: this.cause };
  }
}

function detailOf({ history, reason }: Message): { detail?: string } {
  const detail = reason === undefined ? undefined : history.at(-1)?.detail;
  return detail === undefined || detail === reason ? {} : { detail };
}

/** Internal events are shown without their prefix: `triggered`. */
const shownName = (name: string): string => name.replace(/^@/, '');
