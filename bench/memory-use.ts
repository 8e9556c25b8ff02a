const SAMPLED_MS = 100;

/** Follows this process's memory; `stop` returns the largest RSS, in MB. */
export function followMemory(): { stop: () => number } {
  let most = process.memoryUsage.rss();
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, SAMPLED_MS);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, process.memoryUsage.rss()) / 1024 / 1024;
    },
  };
}
