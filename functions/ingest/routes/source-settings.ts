import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

/** How long a client or a CDN may cache the response. */
const MAX_AGE_SECONDS = 120;

/**
 * A source's settings as Segment's CDN gives them (`GET /v1/projects/{writeKey}/settings`). SDKs for apps and web pages read them before they
 * send and post to `apiHost`, whose default is Segment's own. There are no device-mode destinations, and clients send no telemetry.
 */
export function sourceSettings(writeKey: string, publicUrl: string): APIGatewayProxyStructuredResultV2 {
  const { host, protocol } = new URL(publicUrl);
  const apiHost = `${host}/v1`;
  const enabled = { enabled: true, integrations: {} };
  return {
    statusCode: 200,
    headers: { 'content-type': 'application/json', 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` },
    body: JSON.stringify({
      integrations: {
        'Segment.io': {
          apiKey: writeKey,
          apiHost,
          protocol: protocol.replace(':', ''),
          unbundledIntegrations: [],
          addBundledMetadata: false,
          maybeBundledConfigIds: {},
          versionSettings: { version: '4.4.7', componentTypes: ['browser', 'android', 'ios', 'server'] },
        },
      },
      plan: {
        track: { __default: enabled },
        identify: { __default: enabled },
        group: { __default: enabled },
      },
      edgeFunction: {},
      analyticsNextEnabled: true,
      middlewareSettings: {},
      enabledMiddleware: {},
      metrics: { sampleRate: 0, host: apiHost },
      legacyVideoPluginsEnabled: false,
      remotePlugins: [],
    }),
  };
}
