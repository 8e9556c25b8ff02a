import type { CairnEvent } from '../../core/events/event.ts';
import type { EpochMs } from '../../core/ids.ts';
import { LATE_MS } from '../../core/metrics/ingestion-counters.ts';
import { ingestionSum } from '../../core/metrics/ingestion-hours.ts';
import { publishSums } from '../metrics/publish-sums.ts';
import type { Log, Queue } from '../ports.ts';

const HOUR_MS = 3600_000;

/** A record of `events.fifo`, as far as it is asked for. */
export interface EventsRecord {
  attributes: { MessageGroupId?: string | undefined; ApproximateReceiveCount?: string | undefined };
}

/** What became of the events of one message. */
export interface Outcome {
  /** All events of the message. */
  events: readonly CairnEvent[];
  /** Those that were not processed before. */
  fresh: readonly CairnEvent[];
  /** Those of them that were committed now. */
  accepted: readonly CairnEvent[];
}

/**
 * Sums up what became of clients' events during an invocation; `flush` publishes the sums in one message. Only the executor whose commit succeeded
 * counts the events of the commit, so they are counted at most once; if it dies before `flush`, they are not counted.
 */
export interface IngestionCounts {
  /** Whether nobody has tried this record before: otherwise its events may be known because of that try. */
  isFirstTry(record: EventsRecord): boolean;
  /** `isFirstTry`: events that are known, and reports that were dropped, are counted too. */
  add(outcome: Outcome, isFirstTry: boolean): void;
  flush(): Promise<void>;
}

/** `sums`: the queue `metric-events`. */
export function ingestionCounts(deps: { sums: Pick<Queue, 'send'>; log: Pick<Log, 'warn'> }): IngestionCounts {
  const tried = new WeakSet<EventsRecord>();
  let byHour = new Map<EpochMs, Record<string, number>>();

  return {
    isFirstTry(record) {
      const isFirst = Number(record.attributes.ApproximateReceiveCount ?? 1) === 1 && !tried.has(record);
      tried.add(record);
      return isFirst;
    },

    add({ events, fresh, accepted }, isFirstTry) {
      const sent = events.filter(isFromClient);
      const [first] = sent;
      if (first === undefined) return;
      const hour = first.receivedAt - (first.receivedAt % HOUR_MS);
      const sums = byHour.get(hour) ?? {};
      byHour.set(hour, sums);
      const add = (name: string, count: number) => {
        if (count > 0) sums[name] = (sums[name] ?? 0) + count;
      };
      const [unknown, taken] = [fresh.filter(isFromClient), accepted.filter(isFromClient)];
      add('accepted', taken.length);
      add('late', taken.filter(({ at, receivedAt }) => receivedAt - at > LATE_MS).length);
      if (!isFirstTry) return;
      add('duplicate', sent.length - unknown.length);
      add('dropped:report', unknown.length - taken.length);
    },

    /** A failure is only logged: the events themselves are processed, and must not be delivered again. */
    async flush() {
      const hours = [...byHour].filter(([, counts]) => Object.keys(counts).length > 0);
      byHour = new Map();
      try {
        await publishSums(
          deps.sums,
          hours.map(([at, counts]) => ingestionSum(counts, at)),
        );
      } catch (error) {
        deps.log.warn('events were not counted', { error, counts: Object.fromEntries(hours) });
      }
    },
  };
}

const isFromClient = ({ key }: CairnEvent): boolean => key !== 'cairn';
