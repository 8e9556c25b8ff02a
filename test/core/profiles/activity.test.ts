import { describe, expect, it } from 'vitest';
import { withIds } from '../../../core/profiles/activity.ts';

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => `id${from + at}`);

describe('the message ids that a profile knows', () => {
  it('are all there are, up to 192', () => {
    expect(withIds(ids(0, 191), ['id191'])).toEqual({ ids: ids(0, 192), trimmed: [] });
  });

  it('are the latest 128 beyond that; the others are handed out in order, none lost', () => {
    expect(withIds(ids(0, 192), ['id192'])).toEqual({ ids: ids(65, 193), trimmed: ids(0, 65) });
  });

  it('are all of a commit that brings more: none is handed out before it is committed', () => {
    expect(withIds(ids(0, 100), ids(100, 300))).toEqual({ ids: ids(100, 300), trimmed: ids(0, 100) });
  });
});
