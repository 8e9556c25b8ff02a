/** `analytics-node` 6 has no types. These are the parts that the tests use. */
declare module 'analytics-node' {
  type Call = (message: object, callback: (error?: Error) => void) => void;
  export default class Analytics {
    constructor(
      writeKey: string,
      options: { host: string; retryCount?: number | undefined; errorHandler?: (error: Error) => void },
    );
    identify: Call;
    track: Call;
    page: Call;
    screen: Call;
    group: Call;
    alias: Call;
    flush(): Promise<unknown>;
  }
}
