import { randomUUID } from 'node:crypto';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { sumUp } from '../../core/metrics/buckets.ts';
import { messageIdOf, SERIES_LENGTH } from '../../core/metrics/mark-series.ts';
import type { MetricEvent, MetricEventsMessage, Sum } from '../../core/metrics/metric-event.ts';
import type { MetricEvents, MetricSums } from '../../engine/metrics/ports.ts';
import type { Log } from '../../engine/ports.ts';
import { MAX_BODY_BYTES, queue, queueBytes } from './queue.ts';

/** An invocation of a function, whose metric events leave together. */
export interface Invocation {
  /** Calls `work` once, when the handler has ended. The invocation answers after that. */
  atEnd(work: () => Promise<void>): void;
}

interface Options {
  url: string;
  /** The invocation that calls. Undefined: none, and what is published leaves at once. */
  invocation: () => Invocation | undefined;
  log: Pick<Log, 'error'>;
}

/** One message takes so many events, and so many sums. A sum may have some dozens of counters. */
const MAX_EVENTS = 100;
const MAX_SUMS = 25;
/** Its events take so many bytes: a hundred of them, each with an audience of a hundred tags and ten traits, are far above what a queue takes. */
const MAX_EVENT_BYTES = MAX_BODY_BYTES / 2;
/** Longest delay in an invocation that goes on: what it holds would be lost if it timed out. */
const MAX_DELAY_MS = 5_000;

/**
 * The queue `metric-events`. What an invocation publishes is buffered, and leaves in one message when its handler ends, or failed. A message that
 * cannot be queued is logged and not counted: the facts themselves are written, and must not be processed again for the sake of a count.
 */
export function metricEventsQueue(client: SQSClient, { url, invocation, log }: Options): MetricEvents & MetricSums {
  const { send } = queue(client, url);
  const deliver = async (messages: MetricEventsMessage[]): Promise<void> => {
    try {
      await send(messages.map((body) => ({ body })));
    } catch (error) {
      const sums = sumUp(
        messages.flatMap(({ metricEvents }) => metricEvents),
        messages.flatMap((message) => message.sums ?? []),
      );
      log.error('metric events were not counted', { error, sums });
    }
  };
  const bufferOf = () => {
    const current = invocation();
    return current === undefined ? undefined : bufferFor(current, url, deliver);
  };

  return {
    async publish(metricEvents: MetricEvent[]): Promise<void> {
      if (metricEvents.length === 0) return;
      const buffer = bufferOf();
      if (buffer?.isOpen !== true) return deliver(messagesOf(metricEvents, []));
      buffer.add(metricEvents, []);
    },

    addSums(sums: Sum[]): void {
      const buffer = bufferOf();
      if (buffer?.isOpen !== true) throw new Error('sums are counted within an invocation');
      buffer.add([], sums);
    },
  };
}

type Deliver = (messages: MetricEventsMessage[]) => Promise<void>;

/** Buffers of an invocation by the queue's URL: the dependencies of one function may have several queues of one URL, which share a message. */
const buffers = new WeakMap<Invocation, Map<string, Buffer>>();

function bufferFor(invocation: Invocation, url: string, deliver: Deliver): Buffer {
  const its = buffers.get(invocation) ?? new Map<string, Buffer>();
  buffers.set(invocation, its);
  const known = its.get(url);
  if (known !== undefined) return known;
  const buffer = new Buffer(deliver);
  its.set(url, buffer);
  invocation.atEnd(() => buffer.end());
  return buffer;
}

class Buffer {
  isOpen = true;
  private readonly deliver: Deliver;
  private readonly underWay = new Set<Promise<void>>();
  private metricEvents: MetricEvent[] = [];
  private sums: Sum[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(deliver: Deliver) {
    this.deliver = deliver;
  }

  add(metricEvents: readonly MetricEvent[], sums: readonly Sum[]): void {
    this.metricEvents.push(...metricEvents);
    this.sums = sumUp([], [...this.sums, ...sums]);
    if (this.metricEvents.length >= MAX_EVENTS || this.sums.length >= MAX_SUMS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), MAX_DELAY_MS).unref();
  }

  async end(): Promise<void> {
    this.isOpen = false;
    this.flush();
    await Promise.all(this.underWay);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const messages = messagesOf(this.metricEvents, this.sums);
    this.metricEvents = [];
    this.sums = [];
    if (messages.length === 0) return;
    const call = this.deliver(messages).finally(() => this.underWay.delete(call));
    this.underWay.add(call);
  }
}

function messagesOf(metricEvents: readonly MetricEvent[], sums: readonly Sum[]): MetricEventsMessage[] {
  const pages = pagesOf(metricEvents);
  const count = Math.max(pages.length, Math.ceil(sums.length / MAX_SUMS));
  return Array.from({ length: count }, (_, page) => {
    const its = sums.slice(page * MAX_SUMS, (page + 1) * MAX_SUMS);
    return {
      id: newMessageId(),
      metricEvents: pages[page] ?? [],
      ...(its.length === 0 ? {} : { sums: its }),
    };
  });
}

function pagesOf(metricEvents: readonly MetricEvent[]): MetricEvent[][] {
  const pages: MetricEvent[][] = [];
  let page: MetricEvent[] = [];
  let bytes = 0;
  for (const metricEvent of metricEvents) {
    const size = queueBytes(metricEvent) + 1;
    if (page.length === MAX_EVENTS || (page.length > 0 && bytes + size > MAX_EVENT_BYTES)) {
      pages.push(page);
      page = [];
      bytes = 0;
    }
    page.push(metricEvent);
    bytes += size;
  }
  return page.length === 0 ? pages : [...pages, page];
}

/** The messages of this process are numbered, because those of a series share the item of their marks. */
let series = randomUUID();
let numbered = 0;
function newMessageId(): string {
  if (numbered === SERIES_LENGTH) {
    series = randomUUID();
    numbered = 0;
  }
  numbered += 1;
  return messageIdOf(series, numbered);
}
