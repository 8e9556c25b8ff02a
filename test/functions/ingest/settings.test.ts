import { describe, expect, it } from 'vitest';
import { harness, settingsRequest } from './ingest-harness.ts';

describe('the settings of a source', () => {
  it('are as Segment’s CDN gives them, and lead clients to us alone', async () => {
    const answer = await harness().ask(settingsRequest('client-key'));
    expect(answer.status).toBe(200);
    expect(answer.headers).toEqual({ 'content-type': 'application/json', 'cache-control': 'public, max-age=120' });
    expect(answer.body).toMatchObject({
      integrations: { 'Segment.io': { apiKey: 'client-key', apiHost: 'events.acme.example/v1', protocol: 'https' } },
      plan: { track: { __default: { enabled: true, integrations: {} } } },
      metrics: { sampleRate: 0, host: 'events.acme.example/v1' },
      remotePlugins: [],
      middlewareSettings: {},
      edgeFunction: {},
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/segment\.(io|com)\//);
  });

  it('name the port and the protocol under which we are reached', async () => {
    const app = harness();
    app.deps.publicUrl = 'http://127.0.0.1:4600';
    const { body } = await app.ask(settingsRequest('client-key'));
    expect(body.integrations).toMatchObject({ 'Segment.io': { apiHost: '127.0.0.1:4600/v1', protocol: 'http' } });
  });

  it('are not there for a key that nobody has', async () => {
    expect(await harness().ask(settingsRequest('other'))).toMatchObject({ status: 404, body: { status: 404 } });
  });
});
