import { setTimeout } from 'node:timers/promises';
import type { App, Buckets, Reply, Request } from './fauxqs.ts';
import { answerOf, type FaultMode } from './providers/outbox.ts';
import type { Template } from './template.ts';

/** The templates' buckets. A stored one stays: what else a template says of it, as versions and days until objects expire, fauxqs does not do. */
export function createBuckets(template: Template, buckets: Buckets): void {
  for (const { properties } of template.of('AWS::S3::Bucket')) buckets.createBucket(String(properties.BucketName));
}

export function emptyBuckets(buckets: Buckets): void {
  for (const { name } of buckets.listBuckets()) buckets.emptyBucket(name);
}

/** How S3 refuses a request. https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const REFUSALS: Partial<Record<FaultMode, [status: number, code: string, message: string]>> = {
  error: [500, 'InternalError', 'We encountered an internal error. Please try again.'],
  throttle: [503, 'SlowDown', 'Please reduce your request rate.'],
  permanent: [403, 'AccessDenied', 'Access Denied'],
};

/** Makes requests to S3 fail as asked: refused, or carried out and answered badly. To be called after the hook that stores what was written. */
export function failObjects(app: App, buckets: Buckets, meets: () => FaultMode | undefined): void {
  const faults = new WeakMap<Request, FaultMode>();
  app.addHook('onRequest', (request, reply, done) => {
    const mode = buckets.hasBucket(request.url.split(/[/?]/)[1] ?? '') ? meets() : undefined;
    const refusal = mode && REFUSALS[mode];
    if (refusal !== undefined) return refuse(reply, refusal);
    if (mode !== undefined) faults.set(request, mode);
    done();
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const mode = faults.get(request);
    if (mode === undefined) return payload;
    const said = answerOf(mode, { status: reply.statusCode, body: '' });
    if (said === 'hang') return never;
    if (said === 'reset') {
      request.socket.destroy();
      return payload;
    }
    if (said.afterMs !== undefined) await setTimeout(said.afterMs, undefined, { ref: false });
    if (said.body === '') return payload;
    reply.code(said.status).header('content-type', 'text/html').removeHeader('content-length');
    return said.body;
  });
}

/** The caller's own timeout ends it. */
const never = new Promise<never>(() => undefined);

const refuse = (reply: Reply, [status, code, message]: [number, string, string]): void =>
  reply
    .code(status)
    .header('content-type', 'application/xml')
    .send(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
