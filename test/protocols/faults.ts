/** The process died here. Nothing catches it but the harness. */
export class Killed extends Error {
  override readonly name = 'Killed';
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

/**
 * One invocation of a function, which dies at its n-th outside call: before the call is made, after it was carried out and before its
 * answer arrives, or while it is on its way. A dead invocation makes no further call.
 */
export class Invocation {
  private calls = 0;
  private dead = false;
  private readonly killAt: number | undefined;
  private readonly carriedOut: boolean | 'late';
  private readonly turns: Turns | undefined;
  private readonly twiceAt: number | undefined;

  /** `twiceAt`: the call whose answer is lost, and which the SDK therefore makes again. */
  constructor(killAt?: number, carriedOut: boolean | 'late' = false, turns?: Turns, twiceAt?: number) {
    this.twiceAt = twiceAt;
    this.killAt = killAt;
    this.carriedOut = carriedOut;
    this.turns = turns;
  }

  /** `repeats`: its client makes it again when no answer comes. */
  async call<Answer>(outside: () => Promise<Answer>, repeats = false): Promise<Answer> {
    if (this.turns) await this.turns.wait();
    if (this.dead) throw new Killed('dead');
    this.calls += 1;
    if (repeats && this.calls === this.twiceAt) await outside().catch(() => {});
    if (this.calls !== this.killAt) return outside();
    this.dead = true;
    if (this.carriedOut === 'late') this.turns?.later(outside);
    else if (this.carriedOut) await outside();
    throw new Killed(`at call ${this.calls}${this.carriedOut ? ', carried out' : ''}`);
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
