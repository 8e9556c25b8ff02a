/** Calls of Segment's HTTP tracking spec that carry one event. */
export const CALLS = ['identify', 'track', 'page', 'screen', 'group', 'alias'] as const;
export type Call = (typeof CALLS)[number];

/** Last segment of the path under `/v1` → the call. SDKs post to full names, to initials and (for batches) to `import`. */
export const CALL_OF_PATH: ReadonlyMap<string, Call | 'batch'> = new Map([
  ...([...CALLS, 'batch'] as const).flatMap((call) => [[call, call] as const, [call.charAt(0), call] as const]),
  ['import', 'batch'],
]);
