import { RunLeft } from '../../engine/runs/deps.ts';
import { type Fate, type Fault, Invocation, Killed } from './faults.ts';
import type { SimulatedQueues } from './simulated-queues.ts';
import type { SimulationState } from './simulation-state.ts';

/** Delays after which a stalled call continues: while its successors are at work, or when the run is at another stop. */
const STALLED_MS = [0, 2_000, 90_000, 65 * 60_000, 130 * 60_000];
const LONGEST_STALL_MS = 130 * 60_000;

/** Lambda's invocations: any may die, stall, or have a call repeated, as the seed draws it. */
export class SimulatedInvocations {
  /** Number of calls of all invocations. */
  private calls = 0;
  private readonly state: SimulationState;
  private readonly queues: SimulatedQueues;

  constructor(state: SimulationState, queues: SimulatedQueues) {
    this.state = state;
    this.queues = queues;
  }

  /** Returns false if the invocation died, or was given up. Any other error is a fault of ours. */
  invoke(work: (invocation: Invocation) => Promise<unknown>, mayStall = true): Promise<boolean> {
    const { stallAt, ...fate } = this.fate();
    const invocation = new Invocation(
      { ...fate, ...(mayStall ? { stallAt } : {}), fault: () => this.fault(mayStall) },
      this.state.turns,
    );
    const worked = work(invocation).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Killed) return false;
        throw error;
      },
    );
    return Promise.race([worked, invocation.stalled.then(() => this.giveUp(invocation, worked))]);
  }

  private fault(mayStall: boolean): Fault | undefined {
    this.calls += 1;
    const { once } = this.state.faultRates;
    if (this.calls !== once?.at) return undefined;
    once.hasCome = true;
    return once.fault === 'stall' && !mayStall ? undefined : once.fault;
  }

  /** Most invocations make few calls, so most faults are early. */
  private fate(): Fate {
    const { kill, twice, stall } = this.state.faultRates;
    const at = (share: number, most: number) =>
      this.state.random() < share ? 1 + Math.floor(this.state.random() ** 2 * most) : undefined;
    const killAt = at(kill, 30);
    const carriedOut = ([false, true, 'late'] as const)[Math.floor(this.state.random() * 3)] ?? false;
    return {
      ...(killAt === undefined ? {} : { kill: { at: killAt, carriedOut } }),
      twiceAt: at(twice, 20),
      stallAt: killAt === undefined ? at(stall, 12) : undefined,
    };
  }

  /** Continues a stalled invocation much later, concurrently with its successor. */
  private giveUp(invocation: Invocation, worked: Promise<boolean>): false {
    const late = this.state.faultRates.once
      ? LONGEST_STALL_MS
      : (STALLED_MS[Math.floor(this.state.random() * STALLED_MS.length)] ?? 0);
    const body = async () => {
      invocation.goOn();
      // Nobody waits for its answer.
      await worked.catch((error: unknown) => {
        if (!(error instanceof RunLeft)) throw error;
      });
    };
    this.queues.tasks.push({ kind: 'stalled', body, readyAt: this.state.now + late, deliveries: 0 });
    return false;
  }
}
