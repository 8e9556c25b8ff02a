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

/**
 * One invocation of a function, which dies at its n-th outside call: before the call is made, or after it was carried out and before
 * its answer arrives. A dead invocation makes no further call.
 */
export class Invocation {
  private calls = 0;
  private dead = false;
  private readonly killAt: number | undefined;
  private readonly carriedOut: boolean;

  constructor(killAt?: number, carriedOut = false) {
    this.killAt = killAt;
    this.carriedOut = carriedOut;
  }

  async call<Answer>(outside: () => Promise<Answer>): Promise<Answer> {
    if (this.dead) throw new Killed('dead');
    this.calls += 1;
    if (this.calls !== this.killAt) return outside();
    this.dead = true;
    if (this.carriedOut) await outside();
    throw new Killed(`at call ${this.calls}${this.carriedOut ? ', carried out' : ''}`);
  }

  /** An SDK client whose every command is an outside call. */
  client<Client extends { send: (command: never) => Promise<unknown> }>(real: Client): Client {
    const send = (command: never) => this.call(() => real.send(command));
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
