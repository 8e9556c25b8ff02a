import fc from 'fast-check';

/** Properties draw the same cases at each run, so that a failure can be repeated; `SEED=2 npm test` draws others. */
fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) });
