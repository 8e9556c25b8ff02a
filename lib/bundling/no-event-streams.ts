/**
 * Replaces `@smithy/core/event-streams` in the bundles: no call of Cairn's has a stream of events. The SDK loads it at first use, for which esbuild
 * would wrap most of the SDK's core into functions: 75 kB of every bundle.
 */
export class EventStreamSerde {
  constructor() {
    throw new Error('event streams are left out of bundles');
  }
}
export const eventStreamSerdeProvider = (): undefined => undefined;
export const resolveEventStreamSerdeConfig = <Config>(config: Config): Config => config;
