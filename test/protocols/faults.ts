/** The process died here. Only the harness catches it. */
export class Killed extends Error {
  override readonly name = 'Killed';

  /** Many are thrown, and nobody reads their stack. */
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

/** Lets one outside call go at a time, chosen by the seed: so concurrent invocations interleave between any two of their calls. */
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

  /** Delivers a call whose sender died some turns later. */
  later(outside: () => Promise<unknown>): void {
    const turns = 1 + Math.floor(this.random() * 12);
    const go = async () => {
      for (let turn = 0; turn < turns; turn += 1) await this.wait();
      await outside();
    };
    // Nobody waits for its answer.
    go().catch(() => {});
  }

  /** After it, every invocation waits for the next turn or is done: all answers arrive within microtasks. */
  async give(): Promise<void> {
    const [go] = this.waiting.splice(Math.floor(this.random() * this.waiting.length), 1);
    go?.();
    await new Promise((rested) => setImmediate(rested));
  }
}

/** Faults of one invocation, and the number of its outside call at which each happens. */
export interface Fate {
  /** The invocation dies: before the call is made, after it was carried out but before its answer arrives, or while it is on its way. */
  kill?: { at: number; carriedOut: boolean | 'late' };
  /** The call is carried out, its answer is lost, and the SDK repeats it. */
  twiceAt?: number;
  /** The invocation stalls before the call. Its caller gives it up and repeats it; much later, it continues. */
  stallAt?: number;
  /** Called at every call: returns the fault of this one. */
  fault?: () => Fault | undefined;
}

/** A death before a call, a death after it, a long stall before it, or a lost answer, for which the SDK repeats the call. */
export type Fault = 'before' | 'after' | 'stall' | 'unanswered';

/** One invocation of a function. After its death it makes no further call. */
export class Invocation {
  /** Resolves when the invocation stalls. */
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

  /** Ends its stall. */
  goOn(): void {
    this.rest.end();
  }

  /** Whether it has died, or its caller has given it up. */
  get hasFailed(): boolean {
    return this.dead || this.stood;
  }

  /** `repeats`: its client repeats the call if no answer comes. */
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

  /** The call is carried out without an answer; other calls come in between before it is repeated. */
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
