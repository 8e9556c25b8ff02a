import { SignatureV4 } from '@smithy/signature-v4';

/** Replaces `@aws-sdk/signature-v4-multi-region` in the bundles: requests are signed for one Region. */
export class SignatureV4MultiRegion extends SignatureV4 {
  static sigv4aDependency(): 'none' {
    return 'none';
  }
}
/** Signs for buckets of S3 Express alone, which Cairn has none of. */
export { SignatureV4 as SignatureV4SignWithCredentials };
