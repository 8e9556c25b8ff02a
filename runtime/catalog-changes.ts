declare global {
  /** Set by the embedded cloud alone, which counts what is written to the rules' pointer and to write keys: decision 0095. Absent on AWS. */
  var catalogChangeCount: (() => number) | undefined;
}

/** Number of these changes so far; undefined: nobody counts them, so that copies have an age. */
export const catalogChanges = (): number | undefined => globalThis.catalogChangeCount?.();
