import { compress } from '../../core/compression.ts';
import type { EntryId, EpochMs } from '../../core/ids.ts';
import type { Claim, Run } from '../../core/runs/run.ts';
import type { Fence, Resting, RunStore } from '../../engine/runs/ports.ts';
import { allOf, expression } from './expressions.ts';
import { DUE, openAt, parkedAt, updateRun, waitingAt } from './run-items.ts';
import { dueShard } from './run-lists.ts';
import type { Table } from './table.ts';

type Parking = Pick<RunStore, 'postpone' | 'park' | 'parkPlanned' | 'parkLost' | 'migrate'>;

/** Runs that rest outside of an execution until they are due. */
export const runParking = (runs: Table): Parking => ({
  postpone(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean> {
    return updateRun(runs, entry, { set: parkedUntil(entry, dueAt), when: waitingAt(from) });
  },

  park(entry: EntryId, from: Fence, claim: Claim, leftAt: EpochMs, dueAt: EpochMs): Promise<boolean> {
    return updateRun(runs, entry, {
      set: { ...parkedUntil(entry, dueAt), claim: compress(claim), parkedAt: leftAt },
      remove: ['token'],
      when: openAt(from),
    });
  },

  parkPlanned(entry: EntryId, from: Fence, dueAt: EpochMs, claim?: Claim): Promise<boolean> {
    return updateRun(runs, entry, {
      set: { ...parkedUntil(entry, dueAt), claim: claim && compress(claim) },
      remove: ['token'],
      when: openAt(from),
    });
  },

  parkLost(entry: EntryId, from: Fence, dueAt: EpochMs): Promise<boolean> {
    return updateRun(runs, entry, {
      set: { ...parkedUntil(entry, dueAt), executionLost: true },
      remove: ['token'],
      when: openAt(from),
    });
  },

  migrate(entry: EntryId, { status, version, ...at }: Resting, to: NonNullable<Run['migrating']>, dueAt: EpochMs) {
    const isOf = expression`#version = ${version}`;
    if (status === 'parked')
      return updateRun(runs, entry, { set: { status, migrating: to }, when: allOf(parkedAt(at), isOf) });
    return updateRun(runs, entry, {
      set: { ...parkedUntil(entry, dueAt), executionLost: true, migrating: to },
      remove: ['token'],
      when: allOf(openAt(at), isOf, expression`attribute_not_exists(#claim) AND attribute_not_exists(#dueAt)`),
    });
  },
});

type Due = Pick<RunStore, 'confirmStart' | 'postponeDue'>;

/** When somebody looks at a run next. */
export const runDue = (runs: Table): Due => ({
  confirmStart(entry: EntryId, { leg }: Pick<Fence, 'leg'>): Promise<boolean> {
    return updateRun(runs, entry, { remove: DUE, when: expression`#status = ${'open'} AND #leg = ${leg}` });
  },

  postponeDue(entry: EntryId, seen: EpochMs, to: EpochMs): Promise<boolean> {
    return updateRun(runs, entry, { set: { dueAt: to }, when: expression`#dueAt = ${seen}` });
  },
});

type Claims = Pick<RunStore, 'claim' | 'setToken'>;

/** How an open run's stop is left, and who is to be woken then. */
export const runClaims = (runs: Table): Claims => ({
  claim(entry: EntryId, { leg, step }: Partial<Fence> & { step: number }, claim: Claim): Promise<boolean> {
    return updateRun(runs, entry, {
      set: { claim: compress(claim) },
      when: allOf(
        expression`#status = ${'open'} AND #step = ${step} AND attribute_not_exists(#claim)`,
        leg === undefined ? undefined : expression`#leg = ${leg}`,
      ),
    });
  },

  setToken(entry: EntryId, from: Fence, token: string, attempt: number): Promise<boolean> {
    const isOlder = expression`#token.#leg < ${from.leg} OR #token.#attempt <= ${attempt}`;
    return updateRun(runs, entry, {
      set: { token: { leg: from.leg, attempt, value: token } },
      when: allOf(openAt(from), expression`(attribute_not_exists(#token) OR ${isOlder})`),
    });
  },
});

const parkedUntil = (entry: EntryId, dueAt: EpochMs) => ({ status: 'parked', dueAt, dueShard: dueShard(entry) });
