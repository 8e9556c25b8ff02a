/** The process died here. Nothing catches it but the harness. */
export class Killed extends Error {
  override readonly name = 'Killed';

  /** Many die, and nobody reads where. */
  constructor(message: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Seeded numbers in [0, 1): mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Lets one outside call go at a time, whichever the seed draws: so invocations that run side by side meet between any two of their calls. */
export class Turns {
  private readonly waiting: (() => void)[] = [];
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  wait(): Promise<void> {
    return new Promise((go) => this.waiting.push(go));
  }

  get isIdle(): boolean {
    return this.waiting.length === 0;
  }

  /** What was on its way when its sender died arrives some turns later. */
  later(outside: () => Promise<unknown>): void {
    const turns = 1 + Math.floor(this.random() * 12);
    const go = async () => {
      for (let turn = 0; turn < turns; turn += 1) await this.wait();
      await outside();
    };
    // Nobody hears its answer.
    go().catch(() => {});
  }

  /** After it, whoever is under way waits for the next turn or is done: all answers come within microtasks. */
  async give(): Promise<void> {
    const [go] = this.waiting.splice(Math.floor(this.random() * this.waiting.length), 1);
    go?.();
    await new Promise((rested) => setImmediate(rested));
  }
}

/** What goes wrong with an invocation, and at which of its outside calls. */
export interface Fate {
  /** It dies: before the call is made, after it was carried out and before its answer arrives, or while it is on its way. */
  kill?: { at: number; carriedOut: boolean | 'late' };
  /** The call is carried out, its answer is lost, and the SDK therefore makes it again. */
  twiceAt?: number;
  /** It stands still before the call. Whoever waits for it gives it up and has it done again; long after, it goes on. */
  stallAt?: number;
  /** Asked at every call: whether this is the one. */
  fault?: () => Fault | undefined;
}

/** Death before a call, death after it, a long stand before it, or the loss of its answer, for which the SDK makes it again. */
export type Fault = 'before' | 'after' | 'stall' | 'unanswered';

/** One invocation of a function. A dead one makes no further call. */
export class Invocation {
  /** Says when it begins to stand still. */
  readonly stalled: Promise<void>;
  private calls = 0;
  private dead = false;
  private stood = false;
  private readonly fate: Fate;
  private readonly turns: Turns | undefined;
  private readonly rest: { begin: () => void; end: () => void; over: Promise<void> };

  constructor(fate: Fate = {}, turns?: Turns) {
    this.fate = fate;
    this.turns = turns;
    const [begun, over] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.stalled = begun.promise;
    this.rest = { begin: begun.resolve, end: over.resolve, over: over.promise };
  }

  /** Ends its standing still. */
  goOn(): void {
    this.rest.end();
  }

  /** Whether it has died, or was given up by whoever waited for it. */
  get hasFailed(): boolean {
    return this.dead || this.stood;
  }

  /** `repeats`: its client makes it again when no answer comes. */
  async call<Answer>(outside: () => Promise<Answer>, repeats = false): Promise<Answer> {
    this.calls += 1;
    const { kill, twiceAt, stallAt } = this.fate;
    const call = this.calls;
    const faulted = this.fate.fault?.();
    if (call === stallAt || faulted === 'stall') {
      this.stood = true;
      this.rest.begin();
      await this.rest.over;
    }
    if (this.turns) await this.turns.wait();
    if (this.dead) throw new Killed('dead');
    if (repeats && (call === twiceAt || faulted === 'unanswered')) await this.unanswered(outside);
    const isStruck = faulted === 'before' || faulted === 'after';
    if (call !== kill?.at && !isStruck) return outside();
    this.dead = true;
    const carriedOut = isStruck ? faulted === 'after' : kill?.carriedOut;
    if (carriedOut === 'late') this.turns?.later(outside);
    else if (carriedOut) await outside();
    throw new Killed(`at call ${call}${carriedOut ? ', carried out' : ''}`);
  }

  /** Carried out, and heard of by nobody; others come in between before it is made again. */
  private async unanswered(outside: () => Promise<unknown>): Promise<void> {
    await outside().catch(() => {});
    if (this.turns) await this.turns.wait();
  }

  /** An SDK client whose every command is an outside call. */
  client<Client extends { send: (command: never) => Promise<unknown> }>(real: Client): Client {
    const send = (command: never) => this.call(() => real.send(command), true);
    // The adapters use nothing of a client but `send`.
    return { send } as unknown as Client;
  }

  /** A port whose every method is an outside call. */
  port<Port extends Record<string, (...args: never[]) => Promise<unknown>>>(real: Port): Port {
    const wrapped = Object.entries(real).map(([name, method]) => [
      name,
      (...args: never[]) => this.call(() => method(...args)),
    ]);
    // Same names, same signatures.
    return Object.fromEntries(wrapped) as Port;
  }
}
