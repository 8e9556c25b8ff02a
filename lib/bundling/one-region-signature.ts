import { SignatureV4 } from '@smithy/signature-v4';

/** Replaces `@aws-sdk/signature-v4-multi-region` in the bundles: requests are signed for one Region. */
export class SignatureV4MultiRegion extends SignatureV4 {
  static sigv4aDependency(): 'none' {
    return 'none';
  }
}
