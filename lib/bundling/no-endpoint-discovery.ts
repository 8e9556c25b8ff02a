/** Replaces `@aws-sdk/endpoint-cache` in the bundles: DynamoDB's endpoint discovery is off, so the cache is empty. */
export class EndpointCache {
  getEndpoint(): undefined {
    return undefined;
  }
  get(): undefined {
    return undefined;
  }
  set(): void {}
  delete(): void {}
  has(): boolean {
    return false;
  }
  clear(): void {}
}
