import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { CLOCK_TOLERANCE_MS } from '../../core/events/instants.ts';
import { Cairn } from '../scenarios/cairn.ts';
import { expectKept, expectNoneLost, until, type Workload } from './calls.ts';
import { FaultyProxy } from './faulty-proxy.ts';

/** 20 s of what one customer may send, beyond the burst of 500. */
const MORE_THAN_A_BURST = 900;

/** Cairn as `npm start` runs it, with a data folder and the real clock, behind a proxy with a constant address. */
export class Server {
  cairn: Cairn;
  readonly proxy: FaultyProxy;
  private readonly folder: string;

  private constructor(cairn: Cairn, proxy: FaultyProxy, folder: string) {
    this.cairn = cairn;
    this.proxy = proxy;
    this.folder = folder;
  }

  static async start(): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), 'cairn-clients-'));
    const proxy = await new FaultyProxy().listen();
    const cairn = await startOn(folder);
    proxy.target = cairn.url;
    return new Server(cairn, proxy, folder);
  }

  /**
   * Every call is stored once. They are in order too, as long as no request takes longer than the tolerance for clocks; on a busy machine the
   * client's queue may.
   */
  async expectRead(workload: Workload): Promise<void> {
    if (this.proxy.slowestMs <= CLOCK_TOLERANCE_MS) return expectKept(this.cairn, workload);
    await expectNoneLost(this.cairn, workload, { delivered: workload.calls.map(() => true), errors: [] });
  }

  /** Repeats the first call of the workload until its customer's next request is refused, however slow the client. Returns the remaining calls. */
  async useUpBurst({ rounds, calls, customers }: Workload): Promise<Workload> {
    const batch = Array.from({ length: MORE_THAN_A_BURST }, () => ({ ...calls[0], messageId: 'first' }));
    expect(await this.cairn.call('POST', '/v1/batch', { writeKey: 'dev', batch })).toMatchObject({ status: 200 });
    return { rounds: rounds.slice(1), calls: calls.slice(1), customers };
  }

  /** After this many accepted requests, the process is stopped by the signal and started again on its folder. */
  async restartAfter(requests: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const taken = () => this.proxy.seen.filter((status) => status === '200').length >= requests;
    await until(taken, 60_000, `${requests} requests that are taken`);
    await this.cairn.stop(signal);
    this.proxy.target = undefined;
    this.cairn = await startOn(this.folder);
    this.proxy.target = this.cairn.url;
  }

  /**
   * For messages that a kill left in flight, which their queue delivers again minutes later: the last process has a virtual clock, and an hour
   * passes.
   */
  async rest(): Promise<void> {
    await this.cairn.stop();
    this.cairn = await startOn(this.folder, 'virtual');
    await this.cairn.advance('1h');
  }

  async stop(): Promise<void> {
    await this.proxy.close();
    await this.cairn.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

const startOn = (folder: string, clock = 'real'): Promise<Cairn> =>
  Cairn.start(undefined, ['--data', folder, '--clock', clock]);
