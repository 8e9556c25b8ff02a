import type { EvaluationContext } from '../conditions/evaluation-context.ts';
import { referencesOf } from '../conditions/references.ts';
import type { JourneyCondition } from '../conditions/schema.ts';
import type { Pins } from '../definitions/pins.ts';
import { type EpochMs, messageIdOf } from '../ids.ts';
import type { PlannedAction, PlannedRest, Run, Visit } from '../runs/run.ts';
import { RenderError } from '../templates/liquid.ts';
import type { RenderAs } from '../templates/render.ts';
import type { NodeType } from './nodes/node-type.ts';
import type { Walk } from './nodes/node-walk.ts';
import { type JourneyNode, typeOf } from './nodes/registry.ts';
import { withTask } from './nodes/task.ts';
import { addPendingUpdate, noPendingUpdates, type PendingUpdates } from './pending-updates.ts';
import { RESOLVED_BY, withResult } from './run-data.ts';
import { restUntil } from './wait-until.ts';
import type { DataRequirements, Step, TracedStep, Walked, WalkInput, WalkPorts, WalkStart } from './walk-ports.ts';

/** Most nodes in one walk; `submit` refuses a loop without a stop. */
const MAX_NODES = 1_000;
const RETRY_MS = 1_000;

/** The node that a walk leaves behind. */
function nodeLeftBy(from: WalkStart): string | undefined {
  if (from.kind === 'start') return undefined;
  return from.kind === 'stop' ? from.node : from.left;
}

/** Walks the nodes from `from` to the next stop or end. Reads through its ports, decides, and changes only the plan that it returns. */
export async function walk(input: WalkInput, ports: WalkPorts): Promise<Walked> {
  const state = new WalkState(input, ports);
  const next = await state.walkToRest();
  return {
    plan: { n: input.n, at: state.at, actions: state.actions, next },
    data: state.run.data,
    visits: state.run.visits,
    way: state.way,
  };
}

class WalkState implements Walk {
  id = '';
  readonly at: EpochMs;
  run: Run;
  readonly now: EpochMs;
  readonly pins: Pins;
  readonly actions: PlannedAction[] = [];
  readonly way: Step[] = [];
  private pending: PendingUpdates;
  /** Actions before the node at hand. */
  private before = 0;
  private readonly input: WalkInput;
  private readonly ports: WalkPorts;

  constructor(input: WalkInput, ports: WalkPorts) {
    this.input = input;
    this.ports = ports;
    this.at = input.at;
    this.now = input.now;
    this.pins = input.pins;
    this.run = input.run;
    this.pending = noPendingUpdates(input.at);
  }

  async walkToRest(): Promise<PlannedRest> {
    const { from } = this.input;
    let last = nodeLeftBy(from);
    let id = this.firstNode();
    for (let passed = 0; passed < MAX_NODES; passed += 1) {
      const came = await this.arriveAt(id);
      if (this.id === id) this.way.push(this.stepOf(last, id));
      if (typeof came !== 'string') return came;
      last = id;
      id = came;
    }
    return { kind: 'park', node: id, resumeAt: this.now + RETRY_MS };
  }

  private stepOf(from: string | undefined, to: string): Step {
    if (from === undefined) return { to };
    const way = this.run.visits[from]?.way;
    return { from, to, ...(way === undefined ? {} : { way }) };
  }

  private firstNode(): string {
    const { from, journey } = this.input;
    if (from.kind === 'start') return journey.start;
    if (from.kind === 'node') return from.node;
    if (from.by !== undefined) this.store(RESOLVED_BY, from.by);
    const { node, type } = this.find(from.node);
    this.id = from.node;
    this.ports.trace?.({ node: from.node, run: this.run, did: { left: from.way, by: from.by }, actions: [] });
    return type.leave?.(node, from.node, from.way, from.output, this) ?? from.node;
  }

  /** Returns the next node, or where the walk ends. */
  private async arriveAt(id: string): Promise<string | PlannedRest> {
    const { node, type } = this.find(id);
    this.id = id;
    this.visit(id, node);
    this.before = this.actions.length;
    await type.arrive?.(node, id, this);
    if (type.rests?.(node) !== undefined) return this.rest(id, node, type);
    const passed = await this.pass(id, node, type);
    const hold = node.type === 'send' ? await this.ports.rests?.(id, this.run) : undefined;
    if (hold === undefined) return passed;
    this.ports.trace?.({ node: id, run: this.run, did: { held: hold.until ?? hold.resumeAt }, actions: [] });
    return { kind: 'park', node: id, resumeAt: hold.resumeAt, held: this.run.visits[id]?.message };
  }

  private async pass(id: string, node: JourneyNode, type: NodeType<JourneyNode>): Promise<string | PlannedRest> {
    const passed = await type.pass?.(node, id, this);
    if (passed === undefined) throw new Error(`${id} neither rests nor passes`);
    this.trace({ passed });
    if ('next' in passed && node.type === 'split') this.note(id, { way: String(passed.way) });
    if ('next' in passed) return passed.next;
    return { kind: 'end', outcome: passed.end.outcome };
  }

  /** Also if the instant has passed already: the state machine's Wait then passes at once, and events are still looked for. */
  private async rest(id: string, node: JourneyNode, type: NodeType<JourneyNode>): Promise<string | PlannedRest> {
    const rest = type.rest?.(node);
    if (rest === undefined) throw new Error(`${id} rests, and does not say until when`);
    const found = await restUntil(rest, this);
    if (found.warning !== undefined) this.note(id, { warning: found.warning });
    if ('onMissing' in found) {
      this.trace({ passed: { next: found.onMissing, way: 'onMissing' } });
      return found.onMissing;
    }
    const until = Math.min(found.until, this.at + (this.run.test?.waits ?? Number.POSITIVE_INFINITY));
    this.trace({ rested: until });
    return { kind: 'stop', node: id, until };
  }

  private trace(did: TracedStep['did']): void {
    this.ports.trace?.({ node: this.id, run: this.run, did, actions: this.actions.slice(this.before) });
  }

  private visit(id: string, node: JourneyNode): void {
    const count = (this.run.visits[id]?.count ?? 0) + 1;
    const message = node.type === 'send' ? { message: messageIdOf(this.run, this.at, id, count) } : {};
    const tasks = node.type === 'task' ? { tasks: withTask(node, this.run.visits[id]?.tasks, this.at) } : {};
    const coupon = this.run.visits[id]?.coupon;
    const drawn = coupon === undefined ? {} : { coupon };
    const visit = { count, at: this.at, ...message, ...tasks, ...drawn };
    this.run = { ...this.run, visits: { ...this.run.visits, [id]: visit } };
  }

  private note(id: string, more: Partial<Visit>): void {
    const visit = this.run.visits[id];
    if (visit !== undefined) this.run = { ...this.run, visits: { ...this.run.visits, [id]: { ...visit, ...more } } };
  }

  private find(id: string): { node: JourneyNode; type: NodeType<JourneyNode> } {
    const node = this.input.journey.nodes[id];
    if (node === undefined) throw new Error(`journey ${this.input.id} v${this.input.version} has no node ${id}`);
    return { node, type: typeOf(node) };
  }

  context(...conditions: JourneyCondition[]): Promise<EvaluationContext> {
    const references = conditions.map(referencesOf);
    const needs: DataRequirements = {
      events: [...new Set(references.flatMap(({ events }) => events))],
      messages: [...new Set(references.flatMap(({ messages }) => messages))],
      coupons: [...new Set(references.flatMap(({ coupons }) => coupons))],
      journeys: [...new Set(references.flatMap(({ journeys }) => journeys))],
    };
    return this.ports.context(needs, this.run, this.pending);
  }

  async draw(pool: string) {
    const drawn = await this.ports.draw(pool, this.id, this.run.visits[this.id]?.count ?? 1);
    if (drawn !== undefined) this.note(this.id, { coupon: drawn.index });
    return drawn;
  }

  /** An arrow function, so that nodes can pass it on. A text that fails would fail at every retry, so it must not stop the run. */
  render = async (text: string, as: 'text' | 'url' = 'text'): Promise<string | undefined> => {
    const rendered = await this.renderAs(text, as);
    return rendered === undefined ? undefined : String(rendered);
  };

  renderValue = (text: string): Promise<unknown> => this.renderAs(text, 'value');

  private async renderAs(text: string, as: RenderAs): Promise<unknown> {
    try {
      return text.includes('{') ? await this.ports.render(text, this.run, this.pending, as) : text;
    } catch (error) {
      if (error instanceof RenderError) return undefined;
      throw error;
    }
  }

  act(action: PlannedAction): void {
    if (action.kind === 'update') this.pending = addPendingUpdate(this.pending, action);
    const { traits } = this.pending;
    const isAhead = action.kind === 'send' && Object.keys(traits).length > 0;
    this.actions.push(isAhead ? { ...action, traits } : action);
  }

  store(name: string, value: unknown): void {
    this.run = { ...this.run, data: withResult(this.run.data, name, value) };
  }
}
