import type { CairnEvent } from '../../core/events/event.ts';
import { entryEventSum } from '../../core/metrics/entry-event-counts.ts';
import { LATE_MS } from '../../core/metrics/ingestion-counters.ts';
import { ingestionSum } from '../../core/metrics/ingestion-hours.ts';
import type { MetricSums } from '../metrics/ports.ts';

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
  /** Names of the events that start runs: how often each of them comes is counted too. */
  entries?: ReadonlySet<string> | undefined;
}

/**
 * Counts what became of clients' events. Only the executor whose commit succeeded counts the events of the commit, so they are counted at most once;
 * if it dies before the end of its invocation, they are not counted.
 */
export interface IngestionCounts {
  /** Whether nobody has tried this record before: otherwise its events may be known because of that try. */
  isFirstTry(record: EventsRecord): boolean;
  /** `isFirstTry`: events that are known, and reports that were dropped, are counted too. */
  add(outcome: Outcome, isFirstTry: boolean): void;
}

export function ingestionCounts(metricEvents: MetricSums): IngestionCounts {
  const tried = new WeakSet<EventsRecord>();

  return {
    isFirstTry(record) {
      const isFirst = Number(record.attributes.ApproximateReceiveCount ?? 1) === 1 && !tried.has(record);
      tried.add(record);
      return isFirst;
    },

    add({ events, fresh, accepted, entries }, isFirstTry) {
      const sent = events.filter(isFromClient);
      const [first] = sent;
      if (first === undefined) return;
      const [unknown, taken] = [fresh.filter(isFromClient), accepted.filter(isFromClient)];
      const counts = {
        accepted: taken.length,
        late: taken.filter(({ at, receivedAt }) => receivedAt - at > LATE_MS).length,
        ...(isFirstTry
          ? { duplicate: sent.length - unknown.length, 'dropped:report': unknown.length - taken.length }
          : {}),
      };
      const some = Object.entries(counts).filter(([, count]) => count > 0);
      if (some.length > 0) metricEvents.addSums([ingestionSum(Object.fromEntries(some), first.receivedAt)]);
      const starting = taken.flatMap(({ name }) => (name !== undefined && entries?.has(name) === true ? [name] : []));
      const sums = [...Map.groupBy(starting, (name) => name)].map(([name, its]) =>
        entryEventSum(name, its.length, first.receivedAt),
      );
      if (sums.length > 0) metricEvents.addSums(sums);
    },
  };
}

const isFromClient = ({ key }: CairnEvent): boolean => key !== 'cairn';
