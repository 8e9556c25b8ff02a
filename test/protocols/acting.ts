import { Invocation } from './faults.ts';

/** An invocation during which something is done before one of its calls. */
export class Acting extends Invocation {
  made = 0;
  private readonly before: number;
  private readonly act: () => Promise<unknown>;

  constructor(before: number, act: () => Promise<unknown>) {
    super();
    this.before = before;
    this.act = act;
  }

  override async call<Answer>(outside: () => Promise<Answer>, repeats = false): Promise<Answer> {
    this.made += 1;
    if (this.made === this.before) await this.act();
    return super.call(outside, repeats);
  }
}
