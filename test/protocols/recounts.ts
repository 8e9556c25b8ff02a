import type { RemovalDeps } from '../../engine/jobs/remove-machines.ts';
import type { RecountDeps } from '../../engine/metrics/recount.ts';
import type { ExportingDeps } from '../../engine/results/export-page.ts';

/** For jobs that remove no state machine. */
export const noRemoval: RemovalDeps = {
  definitions: {
    list: async () => ({ items: [] }),
    listDeleted: async () => ({ items: [] }),
    versions: async () => [],
    markRemoved: async () => {},
  },
  machines: { remove: async () => {} },
  machinePrefix: 'cairn',
  reportRemoved() {},
  clock: () => 0,
  log: { info() {}, warn() {} },
};

/** For jobs that export nothing. */
export const noExports: ExportingDeps = {
  facts: { ask: async () => [] },
  exports: { rowsOf: async () => undefined },
  parts: { put: async () => ({ lines: 0 }) },
  jobs: { state: async () => undefined },
  profiles: {} as never,
  profilePages: {} as never,
  occurrences: { list: async () => ({ items: [] }) },
  catalog: {} as never,
  clock: () => 0,
  log: { error() {} },
};

/** For jobs that count nothing again. */
export const noRecounts: RecountDeps = {
  messages: { recordedOn: async () => ({ ids: [] }), counted: async () => [] },
  recounts: {
    keep: async () => {},
    kept: async () => ({ sums: [] }),
    counters: async () => ({}),
    correct: async () => true,
  },
  report() {},
  clock: () => 0,
  log: { warn() {} },
};
